"""Files that people write, read with every mistake listed at once."""
