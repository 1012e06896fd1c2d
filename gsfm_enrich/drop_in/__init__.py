"""gseapy's functions, with its signatures."""
