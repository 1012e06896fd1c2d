"""Every figure that the project reports comes from a command in this folder."""
