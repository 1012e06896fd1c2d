"""Rank the terms of a library for a query: overlap, completed memberships, and their null."""
