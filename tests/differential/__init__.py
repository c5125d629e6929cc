"""The simulation beside the real server: random designs, rosters, people and scripts of commands."""
