"""Importing clients from a partner's spreadsheet: read behind a fence, mapped, tried, then registered all at once."""
