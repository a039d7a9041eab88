"""The files that a comparison is written to: found fit before it begins, written whole at its end.

Whoever waits for a verdict must not lose it to a folder that is not there. So every failure to
write is exit 2, and nearly all of them come before any work.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import IncompleteError, UsageError
from harness.files import make_folder, storage_errors, write_atomic
from harness.runs.folder import RECORD_FILE

if TYPE_CHECKING:
    from harness.compare.comparison import Comparison
    from harness.compare.several import Several


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where a comparison goes, ``None`` for forms that are not wanted.

    JSON and JUnit are replaced whole, Markdown is appended: a job's summary is a shared file.
    """

    json: Path | None = None
    markdown: Path | None = None
    junit: Path | None = None

    @property
    def wanted(self) -> dict[str, Path]:
        """Option -> file of those that are wanted."""
        named = {"--json": self.json, "--markdown": self.markdown, "--junit": self.junit}
        return {option: path for option, path in named.items() if path is not None}

    def prepare(self, *inputs: Path | None) -> None:
        """Make folders that are missing and find every file fit to be written.

        ``inputs`` are files that are read and must not be written. Raises :class:`UsageError` in
        one line.
        """
        prepare_files(self.wanted, *(path for path in inputs if path))

    def write(self, found: Comparison | Several) -> None:
        """Write all that is wanted. Raises :class:`UsageError` in one line."""
        for option, text in self._texts(found).items():
            path = self.wanted[option]
            append = option == "--markdown"
            _exit_2(option, path, partial(_put, path, text.encode(), append=append))

    def _texts(self, found: Comparison | Several) -> Mapping[str, str]:
        made = _writers(found) if self.wanted else {}
        return {option: made[option]() for option in self.wanted}


def prepare_files(wanted: Mapping[str, Path | None], *inputs: Path) -> None:
    """Find the files of some options fit to be written, and none of them one that is read.

    Raises :class:`UsageError` in one line.
    """
    taken = {_real(path): "a file that is read" for path in inputs if path.is_file()}
    for option, path in wanted.items():
        if path is not None:
            _exit_2(option, path, partial(_check, path, taken))


def write_file(option: str, path: Path, data: bytes) -> None:
    """Replace a file whole, through links; a device or a pipe is written to.

    Raises :class:`UsageError` in one line.
    """
    _exit_2(option, path, partial(_put, path, data, append=False))


def _writers(found: Comparison | Several) -> Mapping[str, Callable[[], str]]:
    """What makes each form, by its option."""
    from harness.compare.reports.json import to_json
    from harness.compare.reports.junit import to_junit
    from harness.compare.reports.markdown import to_markdown
    from harness.compare.several import Several

    if not isinstance(found, Several):
        return {
            "--json": partial(to_json, found),
            "--markdown": partial(to_markdown, found),
            "--junit": partial(to_junit, found),
        }
    from harness.compare.reports.several import several_json, several_junit, several_markdown

    return {
        "--json": partial(several_json, found),
        "--markdown": partial(several_markdown, found),
        "--junit": partial(several_junit, found),
    }


def _exit_2(option: str, path: Path, work: Callable[[], None]) -> None:
    """Do some work on a file; whatever the system has against it is a :class:`UsageError`."""
    try:
        with storage_errors(path):
            work()
    except (UsageError, IncompleteError) as error:
        raise UsageError(f"{option}: {error.message}", fix="Give another file") from error
    except (OSError, ValueError) as error:  # such as a name with a NUL
        said = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"{option}: cannot write {str(path)!r} ({said})", fix="Give another file"
        ) from error


def _check(path: Path, taken: dict[Path, str]) -> None:
    place = _real(path)
    if place.is_file() and (place.name == RECORD_FILE or place.suffix == ".parquet"):
        raise UsageError(f"{path} is evidence, not a report")
    if place in taken and not _stream(path):
        raise UsageError(f"{path} is {taken[place]} as well")
    taken[place] = "the file of another option"
    _probe(path)


def _probe(path: Path) -> None:
    """Write what would be written, but for its content, so that the system says what it will."""
    if path.is_dir():
        raise IsADirectoryError(21, "it is a folder", str(path))
    if _stream(path):
        with path.open("ab"):
            return
    target = _real(path)
    make_folder(target.parent)
    if target.exists():
        with target.open("ab"):  # a file that may not be written is not to be replaced either
            pass
    trial = target.with_name(f".{target.name}.{os.getpid()}.trial")
    try:
        trial.write_bytes(b"\n")
    finally:
        trial.unlink(missing_ok=True)


def _put(path: Path, data: bytes, *, append: bool) -> None:
    if append or _stream(path):
        with path.open("ab") as file:
            file.write(data)
    else:
        write_atomic(_real(path), data)


def _stream(path: Path) -> bool:
    """Whether it is a device or a pipe, such as /dev/stdout, which cannot be replaced."""
    if path.absolute().parts[1:2] in (("dev",), ("proc",)):
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _real(path: Path) -> Path:
    """The file behind links: those stay where they are."""
    return Path(os.path.realpath(path))
