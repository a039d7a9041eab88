"""``marginbench quickstart``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from harness.cli.completing import complete_suites
from harness.cli.options import out_option
from harness.registry import resolve

if TYPE_CHECKING:
    from harness.nouns import Suite


class Planned(NamedTuple):
    """A model, the embedded tasks that it runs on, and what tables call it (its own name: "")."""

    model: str
    tasks: tuple[str, ...]
    name: str = ""


def installed(models: Sequence[str]) -> list[str]:
    """The models whose packages are here.

    Those that one command would bring are named together, in one line on standard error.
    """
    from harness.engine.named import prepare_model
    from harness.errors import UsageError

    found, missing = [], dict[str, list[str]]()
    for model in models:
        try:
            prepare_model(model, (), dtype="auto", tasks=())
        except UsageError as error:
            missing.setdefault(error.fix or error.message, []).append(model)
        else:
            found.append(model)
    for what, names in missing.items():
        click.echo(f"left out: {', '.join(names)}. {what}", err=True)
    return found


def planned(suite: Suite, baselines: Path) -> tuple[Iterator[Planned], list[Planned]]:
    """What is run for a suite: its light models, and the slow ones that are installed.

    Baselines, the last of the light ones, are fitted no sooner than they are asked for. Tasks that
    are there for slow models alone are run by all models, and only beside those. A slow model is
    called by its checkpoint and its adapter: one checkpoint is asked in several ways.
    """
    slow_tasks = dict(suite.embedded_slow)
    slow = [
        Planned(model, slow_tasks[model], _named(model)) for model in installed(list(slow_tasks))
    ]
    tasks = dict.fromkeys((*suite.embedded, *(task for plan in slow for task in plan.tasks)))
    light = [Planned(model, tuple(tasks)) for model in installed(suite.embedded_models)]
    return _and_fitted(light, suite, baselines), slow


def _and_fitted(light: Sequence[Planned], suite: Suite, baselines: Path) -> Iterator[Planned]:
    yield from light
    for model in fitted(suite, baselines):
        yield Planned(model, suite.embedded)


def _named(model: str) -> str:
    adapter, _, checkpoint = model.partition(":")
    return f"{checkpoint}, {adapter}" if checkpoint else ""


def fitted(suite: Suite, folder: Path) -> list[str]:
    """The suite's baselines, fitted on its embedded task; one line when scikit-learn lacks."""
    from importlib.util import find_spec

    from harness.data.asked import LoadRequest
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
@click.option(
    "--suite",
    "names",
    multiple=True,
    metavar="S",
    shell_complete=complete_suites,
    help="Only this suite; several times for several. Default: all.",
)
def command(out: Path, names: tuple[str, ...]) -> None:
    """Evaluate the embedded models and build a page of them.

    They run on the embedded data of every suite. Needs no network. Run it again and only what is
    missing is done.
    """
    from harness.cli.headline import headline
    from harness.cli.record_table import print_summary
    from harness.cli.text_table import print_line
    from harness.data.asked import LoadRequest
    from harness.engine.evaluate import EvaluateRequest, evaluate
    from harness.records.record import Record
    from harness.runs.folder import RunFolder
    from harness.tasks.selection import chosen_suites, find_task

    build_site = resolve("leaderboard_site.build:build_site")
    runs = out / "runs"
    chosen = chosen_suites(names)
    plans = [planned(suite, out / "baselines") for suite in chosen]
    finished: list[Record] = []

    def tell(folder: RunFolder, record: Record) -> None:
        print_line(headline(record), err=True)

    for plan in (*chain(*(light for light, _ in plans)), *chain(*(slow for _, slow in plans))):
        request = EvaluateRequest(
            model=plan.model,
            options=(),
            tasks=tuple(find_task(name) for name in plan.tasks),
            aggregates=(),
            load=LoadRequest(),
            device="cpu",
            dtype="auto",
            batch_tokens=None,
            batch_items=None,
            out=runs,
            name=plan.name or None,
        )
        finished.extend(evaluate(request, tell).records.values())
    places = [task for suite in chosen for task in suite.all_embedded]
    print_summary(sorted(finished, key=lambda record: places.index(record.task.id)))
    page: Path = build_site(runs, out / "site", scored_here=True)
    click.echo(f"\nThe page: {page.resolve().as_uri()}")
