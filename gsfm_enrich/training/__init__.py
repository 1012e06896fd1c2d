"""From gene sets to a checkpoint: corpus, fit and evaluation."""
