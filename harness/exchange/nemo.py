"""Bundles of NeMo Evaluator: ``eval-*.json`` with figures, ``results.jsonl`` with a row per repeat.

A bundle has ``benchmark`` with ``name``, ``samples``, ``repeats`` and ``scores``: metric -> a
number, or an object with ``value``, ``ci_lower`` and ``ci_upper``.
"""

from __future__ import annotations

from collections.abc import Iterator
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
        yield Figure(
            system=system,
            task=task,
            metric=name,
            value=told.number(),
            low=None if low is None else low.number(),
            high=None if high is None else high.number(),
            n=None if count is None else count.whole(),
            stated_by="run",
            source=f"NeMo Evaluator {bundle.words('sdk_version')}".strip(),
            date=bundle.words("timestamp"),
        )
