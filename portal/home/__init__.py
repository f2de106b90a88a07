"""Home: where a user lands after login."""
