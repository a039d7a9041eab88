"""RAID's submission (liamdugan/raid, ``leaderboard/``): checked whole before anybody waits for it.

Its board takes ``predictions.json``, a list of ``{"id", "score"}`` with a row for each of the
672,000 texts of the hidden test: 56,000 as they were written, and each of these under 11 attacks.
A file of the 56,000 alone is refused there (issue 179 of that repository), after the pull request.
``metadata.json`` beside it has the seven fields of the template, of which three may not be empty.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError, first_ids
from harness.exchange.base import File, Format, Run, Told, Written
from harness.exchange.claims import Claims
from harness.exchange.evidence import answers, side_of
from harness.exchange.fields import At
from harness.registry import Lazy
from harness.strict_json import load_strict
from harness.tasks.reading.content import opened

ROWS, UNTOUCHED = 672_000, 56_000
LARGEST = 256 * 1024**2
FIELDS = {
    "date_released": "day of the detector's release, YYYY-MM-DD",
    "detector_name": "what the board calls the detector",
    "website": "its page",
    "paper_link": "its paper",
    "huggingface_link": "its page on the hub",
    "github_link": "its code",
    "contact_info": "who answers questions",
}
REQUIRED = ("date_released", "detector_name", "contact_info")
FORMAT = Format(
    title="a submission to RAID's board",
    write=Lazy("harness.exchange.raid:write"),
    read=Lazy("harness.exchange.raid:read"),
    options=FIELDS,
)


def write(runs: Sequence[Run], told: Told) -> Written:
    """``predictions.json`` and ``metadata.json`` of one run, once both are fit to be sent.

    Raises :class:`UsageError` for several runs or a field that is missing, :class:`InvalidError`
    where rows are.
    """
    if len(runs) != 1:
        raise UsageError(f"{len(runs)} runs: a submission is of one", fix="Give one run folder")
    _check_fields(told)
    (run,) = runs
    rows = list(_scores(run))
    attacks = _attacks(run)
    check_rows([name for name, _ in rows], str(run.folder), attacks)
    lines = (json.dumps({"id": name, "score": score}, allow_nan=False) for name, score in rows)
    data = "[\n" + ",\n".join(lines) + "\n]\n"
    about = json.dumps({name: told.get(name, "") for name in FIELDS}, indent=2) + "\n"
    return Written([File("predictions.json", data.encode()), File("metadata.json", about.encode())])


def _check_fields(told: Told) -> None:
    missing = [name for name in REQUIRED if not told.get(name)]
    if missing:
        raise UsageError(
            f"RAID asks for {', '.join(missing)}",
            fix=" ".join(f"--option {name}=…" for name in missing),
        )
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", told["date_released"]):
        raise UsageError(f"--option date_released={told['date_released'][:20]}: not YYYY-MM-DD")


def _scores(run: Run) -> Iterator[tuple[str, float]]:
    sign = -1.0 if run.record.model.direction == "lower" else 1.0
    for item, said in answers(side_of(run)).items():
        score = said[0].get("score") if len(said) == 1 else None
        if not isinstance(score, float):
            raise InvalidError(f"{run.folder}: {item[:60]!r} has no score of its own")
        yield item, sign * score


def _attacks(run: Run) -> list[str] | None:
    """The attack of each row, where the run's table of items has it."""
    table = side_of(run).groups
    if table is None or "attack" not in table.column_names:
        return None
    found: list[str] = table["attack"].to_pylist()
    return found


def read(path: Path) -> Claims:
    """Check a file of predictions as RAID's own checks would; nothing is written of it.

    Raises :class:`InvalidError` in one line.
    """
    check_rows([name for name, _ in _rows(path)], str(path))
    said = f"RAID's predictions: {ROWS:,} rows, every id once, every score a number"
    return Claims(said)


def _rows(path: Path) -> Iterator[tuple[str, float]]:
    with opened(path) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InvalidError(f"{path} holds more than {LARGEST // 1024**2} MiB")
    try:
        found = At(load_strict(data), str(path))
    except ValueError as error:
        raise InvalidError(f"{path}: not strict JSON ({str(error)[:200]})") from None
    if not isinstance(found.value, list):
        raise found.wrong("not a list")
    for number, row in enumerate(found.value):
        yield _row(row) or _said(At(row, str(path), f"[{number}]"))


def _row(row: Any) -> tuple[str, float] | None:
    """A row that is as it should be; anything else is looked at again, to say what is wrong."""
    if not isinstance(row, dict) or len(row) != 2:
        return None
    name, score = row.get("id"), row.get("score")
    fits = isinstance(name, str) and name.strip() and type(score) in (int, float)
    return (str(name), float(score)) if fits and score is not None else None


def _said(row: At) -> tuple[str, float]:
    extra = set(row.object()) - {"id", "score"}
    if extra:
        raise row.wrong(f"a key {sorted(extra)[0][:40]!r}, where id and score alone may be")
    return row.need("id").text(), row.need("score").number()


def check_rows(ids: Sequence[str], where: str, attacks: Iterable[str] | None = None) -> None:
    """Raise :class:`InvalidError` unless there is one row for each text of RAID's hidden test."""
    if len(set(ids)) < len(ids):
        twice = [name for name, count in Counter(ids).items() if count > 1]
        raise InvalidError(f"{where}: {len(twice):,} ids stand twice: {first_ids(twice)}")
    if len(ids) != ROWS:
        fix = "Score the whole test set, attacks included"
        if len(ids) == UNTOUCHED:
            fix = "These are the texts without attacks: score all 12 forms of each"
        raise InvalidError(f"{where}: {len(ids):,} rows, of {ROWS:,} that RAID takes", fix=fix)
    kinds = set(attacks) if attacks is not None else None
    if kinds is not None and len(kinds) != ROWS // UNTOUCHED:
        told = first_ids(sorted(kinds))
        raise InvalidError(f"{where}: texts of {len(kinds)} kinds of attack, of 12: {told}")
