"""inspect's logs of version 2: ``.json``, or ``.eval``, a zip of a header and of samples.

Read are the figures of ``results.scores`` and, of every sample, what its first scorer says:
numbers as they are, ``C`` as 1, ``I`` and ``N`` as 0, ``P`` as a half, as inspect's own
``value_to_float`` has them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.compare.boards.finding import files_below
from harness.errors import UsageError
from harness.exchange.base import Format
from harness.exchange.claims import Claims, Figure, Gathering, check_once
from harness.exchange.fields import At, read_json
from harness.registry import Lazy
from harness.tasks.reading.archives import documents
from harness.tasks.results import inspect_rows, inspect_samples

FORMAT = Format(title="logs of inspect", read=Lazy("harness.exchange.inspect_log:read"))
LETTERS = {"C": 1.0, "I": 0.0, "N": 0.0, "P": 0.5}


def read(path: Path) -> Claims:
    """The figures and items of a log, or of all logs below a folder.

    Raises :class:`InvalidError` in one line for an evaluation that did not end well: its figures
    would be those of a part.
    """
    files = files_below(path, ["*.eval", "*.json"]) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"no .eval and no .json below {path}")
    figures: list[Figure] = []
    found = Gathering()
    for file in files:
        log = _header(file)
        own = log.need("eval")
        status = log.need("status").text()
        if status != "success":
            raise log.wrong(f"the evaluation ended with {status[:20]!r}, not with success")
        task, system = own.need("task").text(), own.need("model").text()
        figures += _figures(log, task, system)
        rows = list(inspect_rows(inspect_samples(file), file))
        letters = any(isinstance(value, str) and value in LETTERS for _, _, value, _ in rows)
        for item, scorer, value, where in rows:
            metric = "accuracy" if letters else scorer
            found.add(task, metric, system, item, _value(value, where), where)
    check_once(figures, str(path))
    return Claims("logs of inspect", figures, found.items())


def _header(file: Path) -> At:
    if not zipfile.is_zipfile(file):
        return read_json(file)
    for name, value in documents(file, "header"):
        if name == "header.json":
            return At(value, str(file))
    raise At(None, str(file)).wrong("no header.json: the evaluation did not end, or it is no log")


def _figures(log: At, task: str, system: str) -> Iterator[Figure]:
    results = log.maybe("results")
    scores = [] if results is None else results.need("scores").list()
    for score in scores:
        for name, metric in score.need("metrics").items():
            samples = score.maybe("scored_samples")
            yield Figure(
                system=system,
                task=task,
                metric=f"{score.need('name').text()}/{name}",
                value=metric.need("value").number(),
                n=None if samples is None else samples.whole(),
                stated_by="run",
                source="inspect",
                date=log.need("eval").words("created"),
            )


def _value(value: Any, where: str) -> float:
    if isinstance(value, str) and value in LETTERS:
        return LETTERS[value]
    if isinstance(value, bool):
        return float(value)
    return At(value, where).number()
