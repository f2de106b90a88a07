"""The price table: read by every quote, loaded by the vendor (DOMAIN §4)."""
