"""The guided migration from Navi to Link: its checklist, the backups on their way, what Link tells of it (DOMAIN §8)."""
