"""What git would leave out of a commit."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


def ignored(paths: Sequence[Path]) -> dict[Path, str]:
    """Of files that may not be there yet, those that git ignores, with the line that says so.

    Files that are tracked already are not ignored. Without git, or outside a repository, none is.
    """
    place = next((one for one in paths[0].absolute().parents if one.is_dir()), None)
    if place is None:
        return {}
    named = {str(path.absolute()): path for path in paths}
    try:
        done = subprocess.run(
            ["git", "-C", str(place), "check-ignore", "--verbose", "-z", "--stdin"],
            input="".join(f"{name}\0" for name in named).encode("utf-8", "surrogateescape"),
            capture_output=True,
            check=False,
        )
    except OSError:
        return {}
    # Source, line, pattern and path of each; a pattern with "!" is what takes it back in.
    told = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return {
        named[path]: f"{source}:{line} ({pattern})"
        for source, line, pattern, path in zip(*[iter(told[:-1])] * 4, strict=False)
        if not pattern.startswith("!") and path in named
    }
