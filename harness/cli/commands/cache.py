"""``marginbench cache``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import OnceCommand
from harness.cli.text_table import print_json, print_line, print_table
from harness.errors import IncompleteError

if TYPE_CHECKING:
    from harness.tasks.cache_contents import Contents


@click.command("cache", cls=OnceCommand)
@click.option("--clear", "clearing", is_flag=True, help="Remove what MarginBench put there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(clearing: bool, as_json: bool) -> None:
    """Say where the cache is and what it holds, or empty it.

    It holds what is slow to make and can be made again: BM25's lists, texts of embedded tasks,
    files that were downloaded. Set MARGINBENCH_CACHE to have it elsewhere. Caches of other
    libraries are shown beside it and never touched.
    """
    from harness.tasks.cache_contents import clear, contents

    found = contents()
    if not clearing:
        (_print_json if as_json else _print)(found)
        return
    left = clear(found)
    gone, size = len(found.entries) - len(left), found.bytes - sum(one.bytes for one in left)
    if as_json:
        print_json(json.dumps({"folder": str(found.folder), "removed": gone, "bytes": size}) + "\n")
    else:
        print_line(f"{found.folder}: {gone} files removed, {_size(size)}")
    if left:
        raise IncompleteError(
            f"{len(left)} files could not be removed, the first is {left[0].path}",
            fix="See who may write there, and run the same command again",
        )


def _print(found: Contents) -> None:
    chosen = "MARGINBENCH_CACHE" if os.environ.get("MARGINBENCH_CACHE") else "the default"
    print_line(f"{found.folder} ({chosen}): {len(found.entries)} files, {_size(found.bytes)}")
    kinds = found.by_kind()
    if kinds:
        rows = [(kind, str(count), _size(size)) for kind, (count, size) in kinds.items()]
        print_table([("kind", "files", "size"), *rows], right=(1, 2))
        print_line("'marginbench cache --clear' removes them; each is made again when needed.")
    if found.others:
        print_line(f"Not ours, and left alone: {len(found.others)}, such as {found.others[0]}")
    for name, path in elsewhere().items():
        if path.is_dir():
            print_line(f"{name} keeps its own in {path}")


def _print_json(found: Contents) -> None:
    kinds = {kind: {"files": n, "bytes": size} for kind, (n, size) in found.by_kind().items()}
    told = {
        "folder": str(found.folder),
        "files": len(found.entries),
        "bytes": found.bytes,
        "kinds": kinds,
        "others": len(found.others),
        "elsewhere": {name: str(path) for name, path in elsewhere().items() if path.is_dir()},
    }
    print_json(json.dumps(told, indent=2) + "\n")


def elsewhere() -> dict[str, Path]:
    """Where the libraries that download data and weights keep them, by their own rules."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return {
        "ir_datasets": Path(os.environ.get("IR_DATASETS_HOME") or Path.home() / ".ir_datasets"),
        "Hugging Face": Path(os.environ.get("HF_HOME") or cache / "huggingface"),
        "torch": Path(os.environ.get("TORCH_HOME") or cache / "torch"),
    }


def _size(count: int) -> str:
    """Bytes in a unit that leaves few digits."""
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
