"""How well a model completes gene sets: trials, scorers, measures."""
