"""The demo: a story told by providers' raw webhooks, real workers, and a board that watches."""
