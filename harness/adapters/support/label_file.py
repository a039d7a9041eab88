"""Class names of a model from a file: one name per line, in the order of its logits."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file

HELP = "file of the class names, one per line, in the order of the model's outputs"
_MOST_BYTES = 1 << 26


def read_label_file(name: str) -> tuple[str, ...]:
    """The names. Raises :class:`UsageError` or :class:`InvalidError` in one line.

    Every line is a name, and no name stands twice; an empty last line is none.
    """
    path = _existing(name)
    if path.stat().st_size > _MOST_BYTES:
        raise InvalidError(f"{path} is larger than {_MOST_BYTES} bytes")
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"{path} cannot be read as UTF-8 text") from error
    labels = [line.strip() for line in (lines[:-1] if lines[-1].strip() == "" else lines)]
    if not labels:
        raise InvalidError(f"{path} holds no class name")
    if "" in labels:
        raise InvalidError(
            f"{path}:{labels.index('') + 1}: an empty line where a class name is due"
        )
    twice = [label for label, count in Counter(labels).items() if count > 1]
    if twice:
        raise InvalidError(f"{path}: class names stand twice: {first_ids(twice)}")
    return tuple(labels)


def digest_label_file(name: str) -> str:
    """sha256 of the file, or ``""`` where none is given; errors as in :func:`read_label_file`."""
    if not name:
        return ""
    read_label_file(name)
    return sha256_file(_existing(name))


def check_count(labels: tuple[str, ...], outputs: int, source: str) -> None:
    """Raise :class:`UsageError` when there are not as many names as outputs of the model."""
    if len(labels) != outputs:
        raise UsageError(
            f"{source} names {len(labels)} classes, and the model has {outputs} outputs",
            fix="Write one name per output: --option labels=FILE",
        )


def _existing(name: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        raise UsageError(f"no file of class names {name!r}", fix="Give one: --option labels=FILE")
    return path
