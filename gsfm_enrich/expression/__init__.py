"""Which genes a differential-expression table or an AnnData speaks of."""
