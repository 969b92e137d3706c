"""What people export from seller centres by hand: layouts of files, declared as data."""
