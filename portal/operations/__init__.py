"""The operator's side: the daily jobs and the health of the process."""
