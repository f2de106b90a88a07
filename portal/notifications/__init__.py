"""Notices: made once by the daily jobs, grouped in the banner and the inbox, decided by the partner."""
