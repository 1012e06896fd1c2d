"""Bundled knowledge (gene table, GO libraries, default checkpoint) and the script that builds it."""
