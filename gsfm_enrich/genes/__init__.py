"""The bundled gene table, and the mapping of any identifier to an approved symbol."""
