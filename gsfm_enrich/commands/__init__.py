"""The commands of ``gsfm-enrich``; each imports what it needs only when it runs."""
