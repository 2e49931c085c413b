"""Everything that runs a network, and the weights it needs."""
