"""Pages for each audience, and what makes the generated ones."""
