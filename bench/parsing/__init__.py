"""The parts of `bench.parse`: what reads documents, what is true of them, and how both are compared."""
