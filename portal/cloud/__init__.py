"""Status Cloud: which clients' Cloud works, what their programs tell of it, and the backups that are asked of them."""
