"""Benchmarks: what the portal's answers cost in time and bytes, beside the barest handlers that could give them."""
