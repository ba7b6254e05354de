"""What can go wrong with local infrastructure, told to a person."""


class LocalError(Exception):
    """Local infrastructure did not come up or go down; the message says why and what to do next."""
