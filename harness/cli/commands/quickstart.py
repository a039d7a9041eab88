"""``marginbench quickstart``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import out_option
from harness.registry import resolve

if TYPE_CHECKING:
    from harness.nouns import Suite


def installed(models: Sequence[str]) -> list[str]:
    """The models whose packages are here; one line on standard error for each other."""
    from harness.engine.named import prepare_model
    from harness.errors import UsageError

    found = []
    for model in models:
        try:
            prepare_model(model, (), dtype="auto", tasks=())
        except UsageError as error:
            click.echo(f"left out: {error}", err=True)
        else:
            found.append(model)
    return found


def fitted(suite: Suite, folder: Path) -> list[str]:
    """The suite's baselines, fitted on its embedded task; one line when scikit-learn lacks."""
    from importlib.util import find_spec

    from harness.nouns import LoadRequest
    from harness.tasks.selection import find_task

    if not suite.embedded_baselines:
        return []
    names = ", ".join(name for name, _ in suite.embedded_baselines)
    if find_spec("sklearn") is None:
        click.echo(f"left out: {names} (pip install scikit-learn)", err=True)
        return []
    from harness.baselines.fit import fit_baseline

    task = find_task(suite.embedded[0])
    return [
        fit_baseline(task, LoadRequest(), folder / name, model=name, **options).model
        for name, options in suite.embedded_baselines
    ]


@click.command("quickstart")
@out_option("marginbench-quickstart")
def command(out: Path) -> None:
    """Evaluate the embedded models and build a page of them.

    They run on the embedded data of every suite. Needs no network. Run it again and only what is
    missing is done.
    """
    from harness.cli.record_table import print_summary
    from harness.engine.evaluate import EvaluateRequest, evaluate
    from harness.nouns import LoadRequest
    from harness.records.record import Record
    from harness.registry import suites
    from harness.tasks.selection import find_task

    build_site = resolve("leaderboard_site.build:build_site")
    runs = out / "runs"
    finished: list[Record] = []
    for suite in suites():
        for model in installed(suite.embedded_models) + fitted(suite, out / "baselines"):
            request = EvaluateRequest(
                model=model,
                options=(),
                tasks=tuple(find_task(name) for name in suite.embedded),
                aggregates=(),
                load=LoadRequest(),
                device="cpu",
                dtype="auto",
                batch_tokens=None,
                batch_items=None,
                out=runs,
            )
            finished.extend(evaluate(request, lambda *_: None).records.values())
    print_summary(finished)
    page: Path = build_site(runs, out / "site")
    click.echo(f"\nThe page: {page.resolve().as_uri()}")
