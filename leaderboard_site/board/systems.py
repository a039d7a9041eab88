"""Systems and their revisions, where their pages lie, and how a page is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from harness.errors import InvalidError
from harness.submission.manifest.manifest import Manifest
from harness.submission.manifest.status import Standing
from leaderboard_site.addresses import system_page
from leaderboard_site.reading.submitted import EVIDENCE_GLYPHS
from leaderboard_site.reading.summary import MetricLike, Revision
from leaderboard_site.text import clip

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class System:
    """All submissions of one ``ORG__MODEL``, oldest revision first."""

    id: str
    revisions: tuple[Revision, ...]

    @cached_property
    def current(self) -> Revision:
        """The newest revision that was not withdrawn; the newest of all when every one was."""
        kept = [revision for revision in self.revisions if not revision.withdrawn]
        return (kept or list(self.revisions))[-1]

    @property
    def name(self) -> str:
        """The name that its current revision goes by."""
        return clip(self.current.manifest.name)

    @property
    def page(self) -> str:
        """Path of its page below the site's root."""
        return system_page(self.current.manifest)


@dataclass(frozen=True, slots=True)
class EvidenceMark:
    """A level of evidence as glyph and word, with the reason why it is no better."""

    glyph: str
    word: str
    reason: str


def systems_of(revisions: Iterable[Revision]) -> tuple[System, ...]:
    """Group revisions by system, in order of the systems' ids, whatever order they come in.

    Revisions stand in order of date; of one day, a predecessor stands before its successor.
    Raises :class:`InvalidError` when one revision was given twice.
    """
    grouped: dict[str, dict[str, Revision]] = {}
    for item in revisions:
        known = grouped.setdefault(item.manifest.system, {})
        if item.manifest.revision in known:
            raise InvalidError(f"{item.manifest.id} was submitted twice")
        known[item.manifest.revision] = item
    return tuple(System(id, _in_order(grouped[id])) for id in sorted(grouped))


def _in_order(revisions: Mapping[str, Revision]) -> tuple[Revision, ...]:
    by_id = {item.manifest.id: item for item in revisions.values()}

    def key(item: Revision) -> tuple[str, int, str]:
        manifest = item.manifest
        return (day(manifest.date), _generation(manifest, by_id), manifest.revision)

    return tuple(sorted(revisions.values(), key=key))


def _generation(manifest: Manifest, by_id: Mapping[str, Revision]) -> int:
    """Number of predecessors known here; a circle of them ends the count."""
    seen = {manifest.id}
    before = manifest.predecessor or ""
    while before in by_id and before not in seen:
        seen.add(before)
        before = by_id[before].manifest.predecessor or ""
    return len(seen)


@lru_cache(maxsize=4096)
def day(text: str) -> str:
    """The date as it is when it names a day of the calendar, else ``""``, which sorts first."""
    if not _ISO_DAY.fullmatch(text):
        return ""
    try:
        date.fromisoformat(text)
    except ValueError:
        return ""
    return text


def evidence_mark(evidence: str, reason: str) -> EvidenceMark:
    """Glyph and word of a level of evidence."""
    return EvidenceMark(EVIDENCE_GLYPHS[evidence], evidence, reason)


def standing_sentence(standing: Standing | None) -> str:
    """``Withdrawn on 2031-05-17: reason``; ``""`` when nothing was said."""
    if standing is None:
        return ""
    reason = standing.reason.strip() or "no reason was given"
    return f"{standing.state.capitalize()} on {standing.date}: {reason}"


def arrow(metric: MetricLike | None) -> str:
    """``↑`` where higher is better, ``↓`` where lower is; ``""`` for no metric or neither."""
    if metric is None or metric.higher_is_better is None:
        return ""
    return "↑" if metric.higher_is_better else "↓"
