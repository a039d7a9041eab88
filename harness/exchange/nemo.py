"""Bundles of NeMo Evaluator: ``eval-*.json`` with figures, ``results.jsonl`` with a row per repeat.

A bundle has ``benchmark`` with ``name``, ``samples``, ``repeats`` and ``scores``: metric -> a
number, or an object with ``value``, ``ci_lower`` and ``ci_upper``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.compare.boards.finding import files_below
from harness.errors import UsageError
from harness.exchange.base import Format
from harness.exchange.claims import Claims, Figure, Gathering, check_once
from harness.exchange.fields import At, read_json
from harness.registry import Lazy
from harness.tasks.results import nemo_rows

FORMAT = Format(title="bundles of NeMo Evaluator", read=Lazy("harness.exchange.nemo:read"))
ROWS = "results.jsonl"
REWARD = "reward"


def read(path: Path) -> Claims:
    """The figures and rewards of a bundle, or of all bundles below a folder.

    Raises :class:`UsageError` where there is none, :class:`InvalidError` in one line for what is
    damaged.
    """
    files = files_below(path, ["eval-*.json"]) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"no eval-*.json at or below {path}")
    figures: list[Figure] = []
    found, notes = Gathering(), []
    _refuse_shared(files)
    for file in files:
        bundle = read_json(file)
        own = bundle.need("benchmark")
        task, system = own.need("name").text(), _system(bundle, file)
        figures += _figures(bundle, task, system)
        beside = file.with_name(ROWS)
        if not beside.is_file():
            notes.append(f"{file.name}: {ROWS} is not beside it")
            continue
        for item, value in nemo_rows(beside, _number):
            found.add(task, REWARD, system, item, value, str(beside))
    check_once(figures, str(path))
    return Claims("bundles of NeMo Evaluator", figures, found.items(), notes=notes)


def _refuse_shared(files: Sequence[Path]) -> None:
    """Raise :class:`UsageError` where several bundles lie beside one file of rewards."""
    for folder, count in Counter(file.parent for file in files).items():
        if count > 1 and (folder / ROWS).is_file():
            raise UsageError(
                f"{folder} holds {count} files eval-*.json, and {ROWS} does not say of which it is",
                fix="Give each bundle a folder of its own",
            )


def _system(bundle: At, file: Path) -> str:
    config = bundle.maybe("config")
    said = None if config is None else config.maybe("model")
    return file.resolve().parent.name if said is None else said.text()


def _number(value: Any, where: str) -> float:
    return float(value) if isinstance(value, bool) else At(value, where).number()


def _figures(bundle: At, task: str, system: str) -> Iterator[Figure]:
    own = bundle.need("benchmark")
    count = own.maybe("samples")
    for name, score in own.need("scores").items():
        if isinstance(score.value, dict) and "value" not in score.value:
            continue  # what is no figure, such as a table by category
        told = score.need("value") if isinstance(score.value, dict) else score
        if isinstance(told.value, str):
            continue
        low, high = (
            score.maybe(end) if isinstance(score.value, dict) else None
            for end in ("ci_lower", "ci_upper")
        )
        ends = [None if end is None else end.number() for end in (low, high)]
        if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
            raise score.wrong(f"the lower end {ends[0]} is above the upper one {ends[1]}")
        yield Figure(
            system=system,
            task=task,
            metric=name,
            value=told.number(),
            low=ends[0],
            high=ends[1],
            n=None if count is None else count.whole(),
            stated_by="run",
            source=f"NeMo Evaluator {bundle.words('sdk_version')}".strip(),
            date=bundle.words("timestamp"),
        )
