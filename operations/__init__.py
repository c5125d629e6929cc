"""The operations team's way in: the command line."""
