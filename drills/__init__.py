"""Harnesses that break things on purpose, over real server processes: ``python -m drills [--quick] [NAME...]``."""
