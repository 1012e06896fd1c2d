"""Bundled files: gene table, GO libraries, default checkpoint."""
