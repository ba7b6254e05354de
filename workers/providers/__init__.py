"""One provider a file: raw body to our signals; pure, found by themselves, never a database."""
