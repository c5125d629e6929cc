"""Matching: how well two people fit, what rules a pair out, and the best proposal for everybody at once."""
