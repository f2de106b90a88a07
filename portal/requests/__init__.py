"""Requests to the vendor, "TEF" and "Importação": the partner's side, the vendor's queue, files, messages (DOMAIN §9)."""
