"""Demo data: a small believable portal on first start, and large databases for benchmarks."""
