"""How each provider signs, one small function each; pure, and it never fetches a key."""
