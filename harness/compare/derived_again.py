"""Figures of a record that its suite derives anew from what lies beside it, to the last digits."""

from __future__ import annotations

from collections.abc import Mapping

from harness.compare.sides import Side
from harness.errors import MarginBenchError, UsageError, said_by
from harness.nouns import Suite
from harness.runs.folder import RECORD_FILE


def figures_again(side: Side, suite: Suite | None) -> Mapping[str, float | None]:
    """The figures by metric, ``None`` for what is undefined; empty without a suite that can.

    Raises :class:`UsageError` when the tables, which are those that the record names, do not fit it
    or each other.
    """
    if suite is None or suite.again is None:
        return {}
    try:
        return suite.again(side)
    except MarginBenchError:
        raise
    except Exception as error:  # whatever has become of tables whose digest was edited as well
        raise UsageError(
            f"{side.folder / RECORD_FILE} ({side.record.task.id}): its figures do not follow from "
            f"its tables, which do not fit together ({said_by(error)[:200]})",
            fix=f"Make it again from its predictions: marginbench score {side.folder}",
        ) from error
