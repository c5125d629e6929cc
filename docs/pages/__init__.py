"""The generated pages, a module for each; `docs/generate.py` writes them."""
