"""The documentation's pages, and what renews them: figures, the outputs in the README, the notebooks."""
