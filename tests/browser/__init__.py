"""The web board in a real Chromium; `make test-browser` runs these."""
