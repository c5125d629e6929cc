"""What databases of every release may hold: one event of each type and version."""
