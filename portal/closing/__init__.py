"""Closing a month: what was renewed, added, paid and credited, client by client, reconciled with the ledgers."""
