"""The price table: read by every quote, kept by the vendor (DOMAIN §4)."""
