"""The folder of a Ray of our own; what a command that was killed left of one, the next removes.

Ray's processes end with the command that started them, however it ended; logs and sockets stay.
The owner of a folder holds a lock on a file in it, which the system lets go of with the process.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PREFIX = "mb-ray-"
OWNER = "owner.lock"
"""A file in each folder, locked by the process that it belongs to."""

LONGEST = 40
"""Characters of a folder below which Ray's sockets have names that systems take."""


@dataclass(frozen=True, slots=True)
class Place:
    """A new folder that belongs to this process; its name is short enough for Ray's sockets."""

    path: Path
    _held: IO[bytes]

    @classmethod
    def made(cls) -> Place:
        """Make one, and remove those beside it whose owner has ended."""
        usual = tempfile.gettempdir()
        beside = Path(usual if len(usual) < LONGEST else "/tmp")
        remove_left(beside)
        path = Path(tempfile.mkdtemp("", PREFIX, beside))
        # Locked before it has its name, so that nobody finds it there without a lock.
        held = (path / f"{OWNER}.new").open("wb")
        fcntl.flock(held, fcntl.LOCK_EX)
        (path / f"{OWNER}.new").rename(path / OWNER)
        return cls(path, held)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._held.close()


def remove_left(beside: Path) -> None:
    """Remove folders of this user below one whose owner has ended; others are left as they are.

    One without a lock in it is not known to be nobody's.
    """
    for path in beside.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if path.is_symlink() or path.stat().st_uid != os.getuid():
                continue
            with (path / OWNER).open("rb") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
