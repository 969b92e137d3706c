"""Third parties' servers and clients, run as they are published."""
