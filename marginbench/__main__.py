"""``python -m marginbench`` and the command ``marginbench``."""

from __future__ import annotations

import sys

from marginbench import IN_THE_WAY


def main() -> None:
    """Run the command line; one line and exit 2 when a folder of another is in the way."""
    if IN_THE_WAY:
        print(f"error: {IN_THE_WAY}", file=sys.stderr)
        sys.exit(2)
    from harness.__main__ import main as run

    run()


if __name__ == "__main__":
    main()
