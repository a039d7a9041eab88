"""What a manifest says, as facts, links and commands of a page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.records.again import explained
from harness.submission.manifest.manifest import LINK_KINDS, Manifest
from leaderboard_site.text import DASH, clip, count, is_https, plural

MOST_COMMAND_TEXT = 30_000
"""Bounds that keep a page below 250 KB and 200 rows; all of it stands in data/board.csv."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link from the manifest. ``host`` is empty when the address is only shown as text."""

    kind: str
    address: str
    host: str


@dataclass(frozen=True, slots=True)
class Again:
    """One command, the tasks that it makes the predictions of, and words in it to replace."""

    tasks: str
    command: str
    words: tuple[tuple[str, str], ...]


def manifest_facts(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """What a manifest says in single lines; a dash where it says nothing."""
    size = manifest.parameters
    return (
        ("Organisation", manifest.org),
        ("Revision", manifest.revision),
        ("Submitted", manifest.date),
        ("Licence", manifest.licence),
        ("Parameters", count(size) if size is not None else f"{DASH} (not stated)"),
        ("Contact", manifest.contact),
        ("Predecessor", manifest.predecessor or f"{DASH} (none named)"),
    )


def manifest_links(manifest: Manifest) -> tuple[Link, ...]:
    """The manifest's links in a fixed order."""
    kinds = [kind for kind in LINK_KINDS if kind in manifest.links]
    return tuple(_link(kind, manifest.links[kind]) for kind in kinds)


def _link(kind: str, address: str) -> Link:
    host = (urlsplit(address).hostname or "") if is_https(address) else ""
    return Link(kind=kind, address=address, host=host)


def commands_of(manifest: Manifest) -> tuple[tuple[Again, ...], int]:
    """Each different command once with its tasks, and the number left out for want of room."""
    tasks: dict[str, list[str]] = {}
    for run in manifest.runs:
        tasks.setdefault(run.command, []).append(run.task)
    shown: list[Again] = []
    room = MOST_COMMAND_TEXT
    for command, ids in tasks.items():
        room -= len(command)
        if room < 0:
            break
        said = ", ".join(clip(task, most=80) for task in ids[:10])
        more = f" and {plural(len(ids) - 10, 'more task')}" if len(ids) > 10 else ""
        shown.append(Again(said + more, command, tuple(explained(command).items())))
    return tuple(shown), len(tasks) - len(shown)
