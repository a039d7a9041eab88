"""``marginbench quickstart``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli.options import out_option
from harness.registry import resolve


def installed(models: Sequence[str]) -> list[str]:
    """The models whose packages are here; one line on standard error for each other."""
    from harness.errors import UsageError
    from harness.models import prepare_model

    found = []
    for model in models:
        try:
            prepare_model(model, (), dtype="auto", tasks=())
        except UsageError as error:
            click.echo(f"left out: {error}", err=True)
        else:
            found.append(model)
    return found


def fitted(task_id: str, folder: Path) -> list[str]:
    """A detector fitted on the task's calibration split, or one line when scikit-learn lacks."""
    from importlib.util import find_spec

    from harness.cli.selection import find_task
    from harness.evaluate import load_task
    from harness.nouns import ItemData, LoadRequest
    from harness.train_baseline import fit_on_calibration, save

    if find_spec("sklearn") is None:
        click.echo("left out: the TF-IDF detector (pip install scikit-learn)", err=True)
        return []
    loaded = load_task(find_task(task_id), LoadRequest())
    assert isinstance(loaded.data, ItemData), "texts are single items"
    model = fit_on_calibration(
        loaded.data, task_id=task_id, fingerprint=loaded.fingerprint, features="char", seed=0
    )
    save(model, folder)
    return [f"tfidf:{folder}"]


@click.command("quickstart")
@out_option("marginbench-quickstart")
def command(out: Path) -> None:
    """Evaluate the embedded models on the embedded data of every suite and build a page.

    Needs no network. Run it again and only what is missing is done.
    """
    from harness.cli.selection import find_task
    from harness.cli.tables import print_summary
    from harness.evaluate import EvaluateRequest, evaluate
    from harness.nouns import LoadRequest
    from harness.records import Record
    from harness.registry import suites

    build_site = resolve("leaderboard_site.build:build_site")
    runs = out / "runs"
    finished: list[Record] = []
    for suite in suites():
        models = installed(suite.embedded_models)
        if suite.name == "detection":
            models += fitted(suite.embedded[0], out / "tfidf-baseline")
        for model in models:
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
