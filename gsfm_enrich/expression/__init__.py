"""Genes and gene lists from tables of differential expression and AnnData objects."""
