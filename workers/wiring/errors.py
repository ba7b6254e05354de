"""What keeps a worker from starting, told in one line."""


class Unready(Exception):
    """Something that the worker needs is missing or does not fit; the message says what to do."""
