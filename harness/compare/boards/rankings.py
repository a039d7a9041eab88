"""Folders of runs, each run the lists of one system, scored against judgements as trec_eval does.

A query that a run lacks counts 0, as ``trec_eval -c`` has it, and tied scores are ordered by
document id from high to low. What ties leave open is told beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from harness.compare.boards.board import (
    Asked,
    Gathered,
    OtherBoard,
    Reals,
    board_of,
    counted,
    named,
)
from harness.data import Group
from harness.errors import UsageError, did_you_mean
from harness.metrics.intervals import Bootstrap
from harness.metrics.ranking.compute import compute_ranking_metrics
from harness.metrics.ranking.names import Spec, parse_name
from harness.metrics.ranking.ties import tie_range
from harness.tasks.trec import RunList, read_qrels, read_run, run_stem

DEFAULT = "nDCG@10"
ENDINGS = (".trec", ".run", ".txt", ".res", ".tsv", ".parquet", ".json", ".jsonl", ".csv")
Gold = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class _Scored:
    """One run: its value on each judged query, and what tied scores leave open."""

    values: Mapping[str, float]
    lacking: int
    unjudged: int
    ties: tuple[float, float] | None


def runs_boards(folder: Path, asked: Asked) -> tuple[str, tuple[OtherBoard, ...]]:
    """A board for a folder of runs, or for each of its folders. Raises one line."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder of runs")
    spec = parse_name(asked.metric or DEFAULT)
    if spec.pooled or spec.card.better == "neither":
        raise UsageError(f"{spec.name} has no value of a single query that could rank systems")
    sets = _sets(folder)
    if not sets:
        raise UsageError(f"no runs in {folder}", fix=f"Known endings: {', '.join(ENDINGS)}")
    _check_without(asked, [file for _, files in sets for file in files])
    boards = []
    for place, there in sets:
        files = [file for file in there if not _is_left_out(file, asked)]
        title = place.name if place != folder else folder.resolve().name
        gold = read_qrels(_judgements(title, asked, alone=len(sets) == 1))
        left = [run_stem(file) for file in there if file not in files]
        boards.append(_board(title, files, gold, spec, left))
    return f"runs of retrieval held against judgements, {spec.name} by query", tuple(boards)


def _is_left_out(file: Path, asked: Asked) -> bool:
    return any(fnmatchcase(run_stem(file), pattern) for pattern in asked.without)


def _check_without(asked: Asked, files: Sequence[Path]) -> None:
    names = {run_stem(file) for file in files}
    for pattern in asked.without:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UsageError(f"no system is called {pattern!r}", fix=did_you_mean(pattern, names))
    if files and all(_is_left_out(file, asked) for file in files):
        raise UsageError("no system is left to look at")


def _sets(folder: Path) -> list[tuple[Path, list[Path]]]:
    own = _runs_in(folder)
    below = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    within = [(path, files) for path in below if (files := _runs_in(path))]
    return within or ([(folder, own)] if own else [])


def _runs_in(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name[0] != "." and _looks_like_run(path)
    )


def _looks_like_run(path: Path) -> bool:
    name = path.name.lower()
    if name.startswith(("readme", "licen", "provenance")) or "qrels" in name:
        return False
    return any(part in ENDINGS for part in Path(name).suffixes)


def _judgements(title: str, asked: Asked, *, alone: bool) -> Path:
    """The file of judgements of a set: told by its name, or found in a folder by its name."""
    told = dict(asked.judgements)
    if title in told:
        return told[title]
    given = told.get("")
    if given is not None and given.is_dir():
        found = [
            path
            for path in sorted(given.iterdir())
            if path.is_file()
            and path.name.startswith((f"{title}.", f"{title}-", f"{title}_"))
            and ("qrels" in path.name or "topics" not in path.name)
        ]
        if len(found) > 1:
            found = [path for path in found if "qrels" in path.name]
        if len(found) == 1:
            return found[0]
    elif given is not None and alone:
        return given
    raise UsageError(
        f"no judgements for the runs in {title!r}",
        fix=f"Add --qrels {title}=FILE",
    )


def _board(
    title: str, files: Sequence[Path], gold: Gold, spec: Spec, left: Sequence[str]
) -> OtherBoard:
    found, notes = Gathered(), [f"All {len(gold):,} judged queries count."]
    if left:
        notes.append(f"Left out: {counted(len(left), 'system')} ({named(left)}).")
    lacking, unjudged, ranges = {}, {}, {}
    for file in files:
        name = run_stem(file)
        scored = _scored(file, gold, spec)
        for query, value in scored.values.items():
            found.add(name, query, value, str(file))
        lacking[name], unjudged[name], ranges[name] = scored.lacking, scored.unjudged, scored.ties
    if any(lacking.values()):
        notes.append(f"Queries without a list count 0: {_by_name(lacking)}.")
    if any(unjudged.values()):
        notes.append(f"Queries without judgements were left out: {_by_name(unjudged)}.")
    notes += _tie_note(ranges, spec)
    low, high = spec.card.limits
    return board_of(
        found,
        {
            "title": title,
            "metric": spec.name,
            "item": "query",
            "higher_is_better": spec.card.better == "higher",
            "limits": (low, high),
            "unit": "",
            "notes": tuple(notes),
        },
    )


def _scored(file: Path, gold: Gold, spec: Spec) -> _Scored:
    lists = read_run(file).groups()
    groups, scores = [], []
    for query in gold:
        documents, own = _in_order(query, lists)
        groups.append(Group(query, "", tuple(documents), (), query))
        scores.append(own)
    if not any(len(own) for own in scores):
        raise UsageError(f"{file} has no list for any judged query", fix="Check the judgements")
    flat = np.concatenate(scores)
    bootstrap = Bootstrap([group.id for group in groups], replicates=1)
    found = compute_ranking_metrics(
        [spec.name], groups, gold, flat, scores_comparable=False, bootstrap=bootstrap
    )[0]
    if found.value is None or found.per_group is None:
        raise UsageError(f"{file}: {spec.name} is undefined: {found.reason}")
    values = {
        group.id: np.nan if value is None else value
        for group, value in zip(groups, found.per_group, strict=True)
    }
    return _Scored(
        values,
        lacking=sum(query not in lists for query in gold),
        unjudged=sum(query not in gold for query in lists),
        ties=tie_range(spec.name, groups, gold, flat),
    )


def _in_order(query: str, lists: Mapping[str, RunList]) -> tuple[Sequence[str], Reals]:
    """A query's list as trec_eval orders it: by score, ties by id from high to low."""
    if query not in lists:
        return (), np.zeros(0)
    documents, scores = lists[query]
    order = sorted(
        range(len(documents)),
        key=lambda place: (scores[place], documents[place].encode()),
        reverse=True,
    )
    return [documents[place] for place in order], np.asarray(scores, dtype=np.float64)[order]


def _by_name(counts: Mapping[str, int]) -> str:
    some = {name: count for name, count in counts.items() if count}
    if len(some) == len(counts) and len(set(some.values())) == 1:
        return f"{next(iter(some.values())):,} of every system"
    return named([f"{name} {count:,}" for name, count in some.items()])


def _tie_note(ranges: Mapping[str, tuple[float, float] | None], spec: Spec) -> Iterator[str]:
    known = {name: ends for name, ends in ranges.items() if ends and ends[1] > ends[0]}
    if not known:
        return
    widest = max(known, key=lambda name: known[name][1] - known[name][0])
    low, high = known[widest]
    yield (
        f"{counted(len(known), 'system')} {'has' if len(known) == 1 else 'have'} tied scores, "
        f"ordered as trec_eval does; most is left open of {widest}, whose {spec.name} lies "
        f"anywhere from {100 * low:.2f} to {100 * high:.2f}."
    )
