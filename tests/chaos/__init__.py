"""Long rounds of killing: run by `make chaos-store`, a few of them by `make test`."""
