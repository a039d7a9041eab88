"""What ``compare`` gives for several candidates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.compare.reports.rows import COLUMNS, metric_rows
from harness.compare.reports.several import overviews, several_json, several_markdown, summary
from harness.compare.several import Several
from harness.face.tables import frame_of, html_table

if TYPE_CHECKING:
    import pandas as pd

    from harness.face.comparing import Comparison


class Comparisons:
    """Several candidates against one baseline, with a :class:`Comparison` of each."""

    def __init__(self, found: Several, each: Mapping[str, Comparison]) -> None:
        self._found, self._each = found, each

    @property
    def candidates(self) -> Mapping[str, Comparison]:
        """The comparison of each candidate by its name, in the order in which they were given."""
        return self._each

    @property
    def refused(self) -> Mapping[str, str]:
        """Why candidates could not be compared (items of theirs are missing), by name."""
        return {one.name: one.refused for one in self._found.candidates if one.refused is not None}

    @property
    def exit_code(self) -> int:
        """The worst of all: 1 worse by the policy, then 3 incomplete, then 0 fine."""
        return self._found.exit_code

    def frame(self) -> pd.DataFrame:
        """A pandas data frame with a row for every metric of every task of every ``model``."""
        rows = [
            {"model": one.name, **row}
            for one, found in self._found.compared
            for row in metric_rows(found)
        ]
        return frame_of(rows, ["model", *COLUMNS])

    def to_json(self) -> str:
        """As ``marginbench compare --json`` writes it."""
        return several_json(self._found)

    def to_markdown(self) -> str:
        """As ``marginbench compare --markdown`` writes it."""
        return several_markdown(self._found)

    def __repr__(self) -> str:
        return summary(self._found)

    def _repr_html_(self) -> str:
        rows: list[tuple[str, ...]] = [
            ("task", "figure", "baseline", *(one.name for one in self._found.candidates))
        ]
        for table in overviews(self._found):
            if table.of_task:
                rows += [(table.title, *row) for row in table.rows]
        return html_table(rows, summary(self._found), rest=".frame() has all of them")
