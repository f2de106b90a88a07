"""Invoices: made, cancelled, settled, shown."""
