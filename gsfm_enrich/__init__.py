"""Gene set enrichment that knows what the libraries miss."""
