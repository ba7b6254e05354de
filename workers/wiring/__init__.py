"""The composition root: the one place where settings, engines, clients and workers meet."""
