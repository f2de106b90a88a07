"""The vendor looks after its partners: registering, due day, suspension (DOMAIN §2, §5), and visits to their clients."""
