"""The rules of the portal: dates, flags and cents in, answers out. No clock, no I/O, no framework."""
