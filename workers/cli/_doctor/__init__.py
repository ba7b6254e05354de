"""The checks of `pstatus doctor`, a function each; table.py lists them. They change nothing."""
