"""A chat template as a file of one's own."""

from __future__ import annotations

from pathlib import Path

from harness.adapters.support.prompt_files import MOST_BYTES
from harness.errors import UsageError
from harness.files import read_regular, sha256_file

OWN = "auto"
"""What stands for the checkpoint's own template."""


def template_sha256(template: str) -> str:
    """The sha256 of a file that is a template; empty for the checkpoint's own.

    Raises :class:`UsageError` for a file that is not there.
    """
    return "" if template == OWN else sha256_file(_file(template))


def text_of(template: str) -> str:
    """What a file that is a template holds.

    Raises :class:`UsageError` for a file that is not there, is too large or no text.
    """
    path = _file(template)
    try:
        return read_regular(path, most=MOST_BYTES).decode()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no template: {error}") from error


def _file(template: str) -> Path:
    path = Path(template).expanduser()
    if not path.is_file():
        raise UsageError(
            f"there is no template {template!r}",
            fix="Write auto for the checkpoint's own, or name a file of Jinja",
        )
    return path
