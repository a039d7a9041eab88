"""Folders of plain text files: ``DOMAIN/GENERATOR/.../NUMBER.txt``, as Ghostbuster has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from harness.errors import UsageError
from harness.tasks.reading.content import read_text
from suites.detection.assemble import HUMAN, MACHINE, Entry


def read_text_files(
    folder: Path, *, domains: Collection[str], skip: Collection[str]
) -> Iterator[Entry]:
    """Every text file, by domain and generator; the generator ``human`` is the human class.

    Files of one domain that have the same path below their generator answer the same prompt:
    one cluster. Folders named in ``skip`` hold no texts to detect. Raises
    :class:`UsageError` when no domain is there.
    """
    there = [domain for domain in domains if (folder / domain).is_dir()]
    if not there:
        raise UsageError(
            f"{folder} has none of the folders {', '.join(domains)}",
            fix="Put the set's own folders there: DOMAIN/GENERATOR/NUMBER.txt",
        )
    for domain in there:
        for path in sorted((folder / domain).rglob("*.txt"), key=_in_order):
            inner = path.relative_to(folder / domain)
            if len(inner.parts) < 2 or set(inner.parts[:-1]) & set(skip):
                continue
            generator, rest = inner.parts[0], "/".join(inner.parts[1:])
            yield Entry(
                text=read_text(path),
                label=HUMAN if generator == "human" else MACHINE,
                id=f"{domain}/{inner.as_posix()}",
                cluster=f"{domain}/{rest}",
                domain=domain,
                generator=generator,
            )


def _in_order(path: Path) -> tuple[str, int, str]:
    number = int(path.stem) if path.stem.isascii() and path.stem.isdigit() else 0
    return path.parent.as_posix(), number, path.name
