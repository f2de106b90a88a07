"""What the partner owes and paid: the ledger of charges, and the charges of one client."""
