"""The commands of ``gsfm-enrich``; each loads what it needs only when it runs."""
