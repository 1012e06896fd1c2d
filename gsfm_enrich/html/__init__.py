"""Reports and gene pages as HTML files."""
