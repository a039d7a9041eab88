"""Several candidates against one baseline: each compared as one is, p adjusted over all of them.

All that can fail the comparison is one family, whichever candidate it is of: where nothing changed,
at most one comparison in 40 calls any candidate worse. The exit status is the worst of theirs: what
cannot be compared (2) stops everything, worse (1) goes before incomplete (3), that before fine.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.compare.comparison import (
    Comparison,
    Prepared,
    SuiteOf,
    finish,
    prepare,
    sliced,
    together,
)
from harness.compare.policy import Policy
from harness.compare.sides import Side, read_sides
from harness.errors import IncompleteError, MarginBenchError, UsageError

WORST_FIRST = (2, 1, 3, 0)
"""Exit codes, that which goes before all others first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the candidates: the comparison, or why there is none (items are missing)."""

    name: str
    where: str
    found: Comparison | None
    refused: str | None = None

    @property
    def exit_code(self) -> int:
        """That of its comparison; 3 without one."""
        return 3 if self.found is None else self.found.exit_code


@dataclass(frozen=True, slots=True)
class Several:
    """A comparison with each candidate, in the order in which they were given."""

    candidates: tuple[Candidate, ...]

    @property
    def exit_code(self) -> int:
        """The worst of all: worse, then incomplete, then fine."""
        codes = {candidate.exit_code for candidate in self.candidates}
        return next(code for code in WORST_FIRST if code in codes)

    @property
    def compared(self) -> list[tuple[Candidate, Comparison]]:
        """Those of which there is a comparison."""
        return [(one, one.found) for one in self.candidates if one.found is not None]


def compare_several(
    baseline: Mapping[str, Side],
    candidates: Mapping[str, Mapping[str, Side]],
    policy: Policy,
    suite_of: SuiteOf,
    *,
    same_recipe: Sequence[Mapping[str, Side]] = (),
    by: Sequence[str] = (),
    power: bool = False,
) -> Several:
    """Compare each of ``candidates``, by where they lie, with the baseline.

    The rest is as of :func:`harness.compare.comparison.compare`, and so are its errors, which name
    the candidate. One whose items are missing or stand twice is left out and incomplete; where that
    is so of all of them the first :class:`IncompleteError` is raised.
    """
    names = shown_names(candidates)
    made: dict[str, Prepared] = {}
    refused: dict[str, IncompleteError] = {}
    for where, sides in candidates.items():
        try:
            made[where] = prepare(baseline, sides, policy, suite_of, by=by)
        except IncompleteError as error:
            refused[where] = IncompleteError(
                f"compared with {where}: {error.message}", fix=error.fix
            )
        except MarginBenchError as error:
            raise _named(where, error) from error
    if not made:
        raise next(iter(refused.values()))
    rows = {
        (where, task): found for where, one in made.items() for task, found in one.found.items()
    }
    told = together(rows, lambda key: policy.budget(key[1]), policy.correction)
    done = []
    for where, one in made.items():
        try:
            rows_of = {task: told[where, task] for task in one.found}
            done.append(finish(one, rows_of, same_recipe, power=power))
        except MarginBenchError as error:
            raise _named(where, error) from error
    found = dict(zip(made, sliced(done), strict=True))
    return Several(
        tuple(
            Candidate(
                names[where],
                where,
                found.get(where),
                str(refused[where]) if where in refused else None,
            )
            for where in candidates
        )
    )


def candidates_at(paths: Sequence[Path]) -> dict[str, Mapping[str, Side]]:
    """The candidates at some paths, each a side of its own, by its path.

    Raises :class:`UsageError` for a place that is given twice.
    """
    real = [os.path.realpath(path) for path in paths]
    for place, path in enumerate(paths):
        if real[place] in real[:place]:
            raise UsageError(f"the candidate {path} is given twice", fix="Give it once")
    return {str(path): read_sides(path) for path in paths}


def shown_names(candidates: Mapping[str, Mapping[str, Side]]) -> dict[str, str]:
    """A short name for each candidate: its model's, its fingerprint with it, or where it lies."""
    models = {
        where: [side.record.model for side in sides.values()][:1]
        for where, sides in candidates.items()
    }
    named = {where: one[0].name if one else where for where, one in models.items()}
    told = {
        where: f"{one[0].name} {one[0].fingerprint[:8]}" if one else where
        for where, one in models.items()
    }
    for names in (named, told):
        if max(Counter(names.values()).values(), default=0) < 2:
            return names
    return {where: where for where in candidates}


def _named(where: str, error: MarginBenchError) -> MarginBenchError:
    return type(error)(f"compared with {where}: {error.message}", fix=error.fix)
