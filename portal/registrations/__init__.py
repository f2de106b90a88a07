"""New clients: the form with its products, the quote, the registration (DOMAIN §3, New client)."""
