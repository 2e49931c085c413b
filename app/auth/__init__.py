"""Who may do what: accounts, sessions, keys. The web asks it; it knows nothing of the web."""
