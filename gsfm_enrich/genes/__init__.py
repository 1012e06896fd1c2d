"""Who is a gene: the bundled gene table, and from any identifier to an approved symbol."""
