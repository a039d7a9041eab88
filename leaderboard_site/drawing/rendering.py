"""How a page is drawn: Jinja2 with everything escaped and nothing undefined."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import __version__
from harness.environment import install
from harness.errors import UsageError
from leaderboard_site.addresses import Render, suite_page, to_root
from leaderboard_site.board import ranks
from leaderboard_site.board.means import MEAN_RULE
from leaderboard_site.drawing import pieces
from leaderboard_site.drawing.pieces import finalized
from leaderboard_site.tables.charts import (
    MOST_BARS,
    SKYLINE_HEIGHT,
    SKYLINE_WIDTH,
)
from leaderboard_site.tables.figures import SHADES
from leaderboard_site.tables.rows import (
    body_rows,
    column_classes,
    leading_rows,
    plain_cells,
    whisker_svg,
)
from leaderboard_site.text import plural, sentence, suite_title

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_SUITES = 24
"""Entries of the navigation; the first page lists every suite."""

SUITES_SLOT = b"<!--suites-->"
"""Where a draft's suites go; no text of a record becomes a comment."""

CHART_SLOT, TABLE_SLOT = "<!--chart-->", "<!--table-->"
"""Where links to the files of a chart or table go, under the same rule."""

_TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


def renderer(suites: Sequence[str] | None = None) -> Render:
    """What draws every page; ``suites`` are the names that its navigation shows.

    While they are not known, pages are drafts with a slot that :func:`with_suites` fills. Raises
    :class:`UsageError` when Jinja2 is not installed.
    """
    try:
        import jinja2  # noqa: F401
    except ImportError as error:
        raise UsageError("the site needs jinja2", fix=f"Install with: {install('site')}") from error
    jinja = environment()
    named = (
        None
        if suites is None
        else [{"name": name, "page": suite_page(name)} for name in suites[:MOST_SUITES]]
    )
    shared: dict[str, Any] = {
        "suites": named,
        "version": __version__,
        "rank_rule": ranks.RANK_RULE,
        "verdict_rule": ranks.VERDICT_RULE,
        "mean_rule": MEAN_RULE,
        "shades": range(SHADES),
        "most_bars": MOST_BARS,
        "skyline_width": SKYLINE_WIDTH,
        "skyline_height": SKYLINE_HEIGHT,
    }

    def render(template: str, /, *, root: str, **values: Any) -> bytes:
        return _page(jinja, template, shared, {"root": root, **values})

    return render


def with_suites(drafts: Mapping[str, bytes], render: Render) -> dict[str, bytes]:
    """The pages that drafts become with the suites that ``render`` knows."""
    roots = {to_root(path) for path in drafts}
    entries = {root: render("_suites.html.j2", root=root) for root in roots}
    return {
        path: draft.replace(SUITES_SLOT, entries[to_root(path)], 1)
        for path, draft in drafts.items()
    }


@functools.cache
def environment() -> Environment:
    """The environment; templates are read once for each process."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters["plural"] = plural
    made.filters["sentence"] = sentence
    made.filters["suite_title"] = suite_title
    made.filters["classes"] = column_classes
    made.globals["body_rows"] = body_rows
    made.globals["leading_rows"] = leading_rows
    made.globals["plain_cells"] = plain_cells
    made.globals["whisker_svg"] = whisker_svg
    made.globals["figure_text"] = pieces.figure_text
    made.globals["metric_name"] = pieces.metric_name
    made.globals["breakable"] = pieces.breakable
    made.globals["text_with_links"] = pieces.text_with_links
    made.globals["evidence"] = pieces.evidence
    return made


def _page(
    jinja: Environment, template: str, shared: Mapping[str, Any], values: Mapping[str, Any]
) -> bytes:
    return jinja.get_template(template).render({**shared, **values}).encode("utf-8", "replace")
