"""Clients in other languages, which know the published contract alone."""
