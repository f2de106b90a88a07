"""Accounts: login, sessions, passwords, the people of a partner."""
