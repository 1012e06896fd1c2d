"""The only modules that know gseapy, scanpy and AnnData; nothing else imports them."""
