"""What touches the world: the journal, the matching, the launch, the reading of figures."""
