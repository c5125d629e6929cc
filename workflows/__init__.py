"""The deterministic shell: it waits, asks the domain, appends, and shows. It contains no rule."""
