"""The gene set foundation model: configuration, vocabulary, network and checkpoint files."""
