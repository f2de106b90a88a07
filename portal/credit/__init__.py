"""Credit of partners: the ledger that invoices use and payments fill (DOMAIN §5, "Crédito")."""
