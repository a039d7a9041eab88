"""``python -m harness`` is ``marginbench``."""

from __future__ import annotations

import sys
import traceback

FAULT = 70


def main() -> None:
    """Run the command line; exit 70 when it cannot be had.

    Python's own exit code for that is 1, which means a worse model or broken data.
    """
    try:
        from harness.cli import main as run
    except Exception as error:
        traceback.print_exception(error)
        print("error: MarginBench cannot start; install it again: "
              "pip install --force-reinstall marginbench", file=sys.stderr)  # fmt: skip
        sys.exit(FAULT)
    run()


if __name__ == "__main__":
    main()
