"""Payments: money that arrives, by webhook or by the vendor's staff, and what it does."""
