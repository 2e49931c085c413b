"""What sets Zhiwen up and checks its pins; nothing here runs with it."""
