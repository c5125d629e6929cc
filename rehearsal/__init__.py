"""Rehearsal: simulated people act on real workflows in virtual time."""
