"""`python -m tests.house`: fails when a generated file is stale; `make lint` runs it."""

import sys

from tests.house.generate import main

if __name__ == "__main__":
    sys.exit(main(["--check"]))
