"""What clients hold and the orders that made it so: read by every screen, written by registrations and the nightly job."""
