"""Registrations that wait for the vendor: the queue, the evidence, approval and rejection (DOMAIN §2, Pendente)."""
