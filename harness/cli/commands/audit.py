"""``marginbench audit``."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import OnceCommand, columns_told
from harness.errors import UsageError
from harness.registry import resolve

if TYPE_CHECKING:
    from harness.compare.boards.board import Asked, Reading

FORMS = ("table", "answers", "mteb", "lm-eval", "alpaca-eval", "runs")
_FILE = click.Path(path_type=Path, dir_okay=False)
_OPTIONS = (
    click.option("--format", "form", type=click.Choice(FORMS), help="What the input is.  "
                 "[default: found by its files, and printed]"),
    click.option("--column", multiple=True, metavar="ROLE=NAME",
                 help="Which column of a table has a role: system, item, value, answer, label or "
                 "cluster; once for each."),
    click.option("--higher-is-better/--lower-is-better", "higher", default=None,
                 help="Which end is better, where the input does not say it."),
    click.option("--metric", metavar="NAME", default="",
                 help="Of runs, such as nDCG@10; of samples, such as acc_norm; of task results, "
                 "such as ndcg_at_10; of a table, what its values are called."),
    click.option("--qrels", multiple=True, metavar="[SET=]PATH",
                 help="Judgements of runs: a file, a folder with one for each set, or that of one "
                 "set. Several times for several."),
    click.option("--items", multiple=True, metavar="PATTERN",
                 help="Only items of that name, such as 'NanoBEIR*'."),
    click.option("--without", multiple=True, metavar="PATTERN", help="Leave systems out."),
    click.option("--at-least", type=click.IntRange(min=1), metavar="N",
                 help="Leave out systems with fewer values, so that more items are shared."),
    click.option("--baseline", multiple=True, metavar="PATTERN",
                 help="A system that is a line to read others against, and no rival."),
    click.option("--range", "limits", type=(float, float), metavar="LOW HIGH",
                 help="The ends of the range of a value.  [default: 0 1 where all values lie "
                 "within, else none]"),
    click.option("--missing-as", "missing", type=float, metavar="VALUE",
                 help="Count missing values as that, instead of leaving their items out."),
    click.option("--label-map", multiple=True, metavar="LABEL=ANSWER",
                 help="What a label is in the words of the answers; once for each."),
    click.option("--json", "as_json", type=_FILE, metavar="FILE", help="Write all figures there."),
    click.option("--out", type=_FILE, metavar="FILE",
                 help="Write one self-contained page there."),
)  # fmt: skip


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("audit", cls=OnceCommand)
@click.argument("path", type=click.Path(path_type=Path, exists=True), metavar="FILE_OR_DIR")
@_options
def command(path: Path, as_json: Path | None, out: Path | None, **told: Any) -> None:
    """Say what another board's results tell of its order.

    Reads a table of systems by items (or answers with labels), a folder of runs with judgements,
    results of mteb, samples of lm-eval, or annotations of AlpacaEval. Ranks are those of our own
    board: by paired comparisons on the same items, over all pairs at once.
    """
    from harness.cli.report_files import prepare_files, write_file
    from harness.compare.boards.take import read_boards

    prepare_files({"--json": as_json, "--out": out}, path)
    asked = _asked(**told)
    reading = read_boards(path, asked)
    audited = resolve("leaderboard_site.auditing.figures:audited")
    found = [audited(board, baselines=asked.baselines) for board in reading.boards]
    source = path.resolve().name
    _print(path, reading, found)
    if as_json is not None:
        made = resolve("leaderboard_site.auditing.report:audit_json")(source, reading, found)
        write_file("--json", as_json, made.encode())
    if out is not None:
        page: bytes = resolve("leaderboard_site.auditing.page:audit_page")(source, reading, found)
        write_file("--out", out, page)
        click.echo(out.resolve().as_uri())


def _asked(**told: Any) -> Asked:
    from harness.compare.boards.board import Asked

    return Asked(
        form=told["form"] or "",
        columns=columns_told(told["column"]),
        higher_is_better=told["higher"],
        metric=told["metric"],
        judgements=tuple(_judgements(one) for one in told["qrels"]),
        items=told["items"],
        without=told["without"],
        at_least=told["at_least"] or 0,
        baselines=told["baseline"],
        limits=_limits(told["limits"]),
        missing=_finite(told["missing"]),
        label_map=tuple(_mapped(one) for one in told["label_map"]),
    )


def _limits(given: tuple[float, float] | None) -> tuple[float, float] | None:
    if given is not None and not -math.inf < given[0] < given[1] < math.inf:
        raise UsageError(f"--range {given[0]:g} {given[1]:g}: not two ends, the lower one first")
    return given


def _finite(given: float | None) -> float | None:
    if given is not None and not math.isfinite(given):
        raise UsageError(f"--missing-as {given:g} is no value")
    return given


def _mapped(given: str) -> tuple[str, str]:
    label, found, answer = given.partition("=")
    if not found or not label.strip() or not answer.strip():
        raise UsageError(f"--label-map {given!r} is not LABEL=ANSWER")
    return label.strip(), answer.strip()


def _judgements(given: str) -> tuple[str, Path]:
    """The set and the path; a path that is there is no pair, whatever signs are in it."""
    name, found, path = given.partition("=")
    pair = ("", Path(given)) if not found or Path(given).exists() else (name, Path(path))
    if not pair[1].exists():
        raise UsageError(f"--qrels {given!r}: {pair[1]} is missing")
    return pair


def _print(path: Path, reading: Reading, found: list[Any]) -> None:
    from harness.cli.text_table import print_line, print_table

    words = {
        name: resolve(f"leaderboard_site.auditing.report:{name}")
        for name in ("heading", "cells", "scale", "notes_of", "totals")
    }
    print_line(f"{path}: read as {reading.taken}")
    for one in found:
        click.echo()
        title = f"{one.board.title}: " if one.board.title else ""
        print_line(title + words["heading"](one))
        head = ["rank", "system", words["scale"](one), "95 % interval", "than the next below"]
        print_table([head, *words["cells"](one)], right=(0, 2, 3))
        for said in (one.headline, one.certainty, one.lead):
            if said:
                print_line(said)
        for note in words["notes_of"](one):
            print_line(f"note: {note}")
    if said := words["totals"](found):
        click.echo()
        print_line(said)
