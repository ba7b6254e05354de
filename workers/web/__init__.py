"""The web board: what the command line shows, in a browser. Reads only; shows opaque ids only."""
