"""Third parties' code while the gateway runs: what it may do, and what it cannot break."""
