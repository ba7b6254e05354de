"""Where `pstatus` begins and where its errors end: as one line and an exit code."""

import logging
import sys

from workers.cli import build
from workers.cli.errors import told


def main() -> None:
    """Run one command; exit code 1: something we need is missing, 2: a mistake, 130: Ctrl-C."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # we say it in our own line
    try:
        code = build()(prog_name="pstatus", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except Exception as error:
        line = told(error)
        if line is None:
            raise
        message, code = line
        if message:
            print(f"pstatus: {message}", file=sys.stderr)
        sys.exit(code)


if __name__ == "__main__":
    main()
