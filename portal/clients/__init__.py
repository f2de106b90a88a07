"""Clients: the list, the row, the page, and what may be done with a client."""
