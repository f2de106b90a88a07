"""Renewing clients: what a month's dues cost, what was decided, and moving due dates once they are paid."""
