"""gseapy's functions, with the same signatures."""
