"""The vendor staff's first page: what waits for them, and where."""
