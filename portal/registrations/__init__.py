"""Ordering licenses: new clients, changes of what a client holds, reactivation, undoing an order (DOMAIN §3, §5)."""
