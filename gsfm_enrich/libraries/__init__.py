"""Gene set libraries: reading, storing and finding them."""
