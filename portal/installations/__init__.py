"""Installed programs: activation, check-in, seats, signed licenses."""
