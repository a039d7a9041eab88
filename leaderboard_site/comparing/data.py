"""The data of the compare page: one classic script per system, which a browser loads from disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from leaderboard_site.addresses import run_page, task_page
from leaderboard_site.board.ranks import oriented
from leaderboard_site.board.systems import System, arrow, standing_sentence
from leaderboard_site.comparing.paired import Paired
from leaderboard_site.comparing.plan import Verdicts, Work
from leaderboard_site.comparing.words import flips_rule, say_paired
from leaderboard_site.reading.summary import Revision, Run
from leaderboard_site.tables.about import about_metric
from leaderboard_site.tables.figures import Notes, metric_figure
from leaderboard_site.text import clip

CALL = "marginbenchCompare"
"""Global function that takes the data, defined in ``scripts/50-compare.js``."""

LARGEST = 200 * 1024
"""Bytes of the data of one system, at most."""

ENVELOPE = 200
"""Bytes that the name of a revision and what is around it may take."""

FOLDER = "data/systems"
INDEX = f"{FOLDER}/index.js"


class WorkKeys:
    """Short names of works, which stay when other works come and go."""

    def __init__(self) -> None:
        self._known: dict[Work, str] = {}

    def of(self, work: Work) -> str:
        """The first twelve digits of the work's digest."""
        found = self._known.get(work)
        if found is None:
            text = json.dumps(work).encode()
            found = self._known[work] = hashlib.sha256(text).hexdigest()[:12]
        return found


def data_page(system: System) -> str:
    """Path of a system's data: ``data/systems/ORG__MODEL.js``."""
    return f"{FOLDER}/{system.page.split('/')[1]}.js"


def index_script(systems: Sequence[System], keys: WorkKeys) -> bytes:
    """All systems and their revisions, and what every work is: the task, its page, its metric."""
    works: dict[str, list[str]] = {}
    for system in systems:
        for revision in system.revisions:
            for run in revision.runs:
                key = keys.of(run.work)
                if key not in works:
                    works[key] = _about(run)
    return _script({"kind": "index", "systems": [_entry(s) for s in systems], "works": works})


def _entry(system: System) -> list[Any]:
    revisions = [
        [revision.manifest.revision, _shown(revision.manifest.date, 10), _state(revision)]
        for revision in reversed(system.revisions)
    ]
    return [system.id, _shown(system.name), system.current.manifest.revision, revisions]


def _state(revision: Revision) -> str:
    state = revision.standing.state if revision.standing is not None else ""
    return state if state in ("withdrawn", "disputed") else ""


def _about(run: Run) -> list[str]:
    """Title, suite, page, metric; then what is known of the metric and where it is defined."""
    title = _shown(run.title, 120)
    if run.limit is not None:
        title += f" (quick look at {run.limit})"
    name = clip(run.primary, most=40)
    about = about_metric(run.suite, run.primary)
    metric = f"{name} {arrow(run.main)}".strip()
    return [title, _shown(run.suite), task_page(run.task), metric, *(about or ())]


def system_script(
    system: System, verdicts: Verdicts, keys: WorkKeys, *, largest: int = LARGEST
) -> bytes:
    """Values of every revision of a system, and the verdicts on those compared with it.

    The system is the baseline, A, of its verdicts. Where all of it would be larger than
    ``largest``, what concerns the oldest revisions is left out and the page says so.
    """
    data: dict[str, Any] = {
        "kind": "system",
        "id": system.id,
        "name": _shown(system.name),
        "page": system.page,
        "revisions": {},
    }
    room = largest - len(_script(data)) - ENVELOPE
    for revision in reversed(system.revisions):
        made = _revision(revision, verdicts.get(revision.manifest.id, {}), keys, room)
        room -= len(_json(made)) + ENVELOPE
        data["revisions"][revision.manifest.revision] = made
    return _script(data)


def _revision(
    revision: Revision, found: Mapping[str, Mapping[Work, Paired]], keys: WorkKeys, room: int
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "page": run_page(revision.manifest),
        "standing": _shown(standing_sentence(revision.standing), 200),
        "runs": [_values(run, keys) for run in revision.runs],
        "pairs": {},
        "cut": False,
    }
    room -= len(_json(made))
    if room < 0:
        return {**made, "runs": [], "cut": True}
    before = revision.manifest.predecessor
    for second in sorted(found, key=lambda id: (id != before, id)):
        pairs = [_verdict(keys.of(work), found[second][work]) for work in sorted(found[second])]
        room -= len(_json([second, pairs]))
        if room < 0:
            made["cut"] = True
            break
        made["pairs"][second] = pairs
    return made


def _values(run: Run, keys: WorkKeys) -> list[Any]:
    metric = run.main
    bounds = None if metric is None else oriented(metric)
    figure = metric_figure(metric, Notes())
    low, high = bounds or (None, None)
    value = None if metric is None or bounds is None else metric.value
    turned = -value if value is not None and metric and metric.higher_is_better is False else value
    text = f"{figure.text} {figure.unit}".rstrip()
    shown: list[Any] = [keys.of(run.work), text, figure.interval, low, high, turned]
    return [*shown, _shown(figure.reason, 200)] if figure.reason and not figure.interval else shown


def _verdict(key: str, found: Paired) -> list[Any]:
    said = say_paired(found, first="A", second="B")
    rule = "" if found.flips is None else flips_rule(found.flips)
    return [key, said.word, said.sentence, said.gap, said.difference, said.interval, said.flips,
            rule]  # fmt: skip


def _shown(text: str, most: int = 80) -> str:
    return clip(text, most=most)


def _json(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    # In a string only: JSON has no such sign outside of one.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _script(data: Any) -> bytes:
    return f"{CALL}({_json(data)});\n".encode()
