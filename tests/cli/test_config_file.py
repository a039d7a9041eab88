"""``--config FILE.toml``: flags in a file are the flags that are typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from harness.cli.commands.evaluate import command as evaluate
from harness.cli.commands.evaluate import pieces
from harness.cli.config_file import _flags
from harness.records.record import read_record
from tests.cli.conftest import Command

Config = Callable[[str], Path]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    def write(text: str) -> Path:
        path = tmp_path / "asked.toml"
        path.write_text(text)
        return path

    return write


def test_a_file_alone_is_enough_and_gives_the_same_record(
    command: Command, collection: Path, config: Config, model_file: Callable[..., Path],
    tmp_path: Path,
) -> None:  # fmt: skip
    own = model_file("def load(checkpoint=None, **options):\n    return Model()\n\n\n"
                     "class Model:\n    def score_pairs(self, pairs):\n"
                     "        return [len(d) for q, d in pairs]\n")  # fmt: skip
    path = config(
        f'model = "python:{own}"\ntask = ["reranking/folder"]\ndata = "{collection}"\n'
        f'limit = 7\nmetric = ["nDCG@3"]\nout = "{tmp_path}/a"\nbatch_items = 9\nquiet = true\n'
        "[option]\nalpha = 0.5\nwide = true\n"
    )
    answer = command("evaluate", "--config", path)
    assert answer.code == 0, answer.err
    typed = command(
        *("evaluate", "--model", f"python:{own}", "--task", "reranking/folder"),
        *("--data", collection, "--limit", 7, "--metric", "nDCG@3", "--out", tmp_path / "b"),
        *("--batch-items", 9, "--option", "alpha=0.5", "--option", "wide=true", "-q"),
    )
    assert typed.code == 0, typed.err
    first, second = (
        read_record(next((tmp_path / name).rglob("record.json"))) for name in ("a", "b")
    )
    assert first.model == second.model
    assert first.task == second.task
    assert first.metrics == second.metrics
    assert first.model.options == {"alpha": 0.5, "wide": True}
    assert first.task.limit == 7
    assert answer.out == typed.out


def test_what_is_typed_goes_first(command: Command, collection: Path, config: Config,
                                  tmp_path: Path) -> None:  # fmt: skip
    path = config('model = ["first-stage", "bm25"]\ntask = "reranking/folder"\nlimit = 3\n')
    answer = command(
        *("evaluate", f"--config={path}", "--model", "bm25", "--data", collection),
        *("--limit", 5, "--out", tmp_path / "runs"),
    )
    assert answer.code == 0, answer.err
    (place,) = (tmp_path / "runs").rglob("record.json")
    record = read_record(place)
    assert (record.model.name, record.task.limit) == ("bm25", 5)


def test_a_shard_keeps_the_flags_themselves(command: Command, collection: Path, config: Config,
                                            tmp_path: Path) -> None:  # fmt: skip
    path = config(f'model = "bm25"\ntask = "reranking/folder"\ndata = "{collection}"\n')
    answer = command("evaluate", "--config", path, "--shard", "1/2", "--out", tmp_path / "runs")
    assert answer.code == 0, answer.err
    (manifest,) = (tmp_path / "runs").rglob("manifest.json")
    kept = json.dumps(json.loads(manifest.read_text()))
    assert "--model=bm25" in kept
    assert "--config" not in kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('modle = "bm25"', "'modle' is no flag of evaluate. Did you mean 'model'?"),
        ('config = "other.toml"', "'config' is no flag"),
        ('model = "bm25"\nlimit = "many"', "asked.toml"),
        ('model = "bm25"\nlimit = [1, 2]', "limit holds 2 values. Give one"),
        ('model = "bm25"\navailable = "yes"', "available is 'yes'. Write true or false"),
        ('model = "bm25"\nmetric = [{x = 1}]', "metric is {'x': 1}. Give a text or a number"),
        ('model = "bm25"\nsince = 2026-01-01', "'since' is no flag"),
        ("model = bm25", "is no TOML"),
        ("\x00", "is no TOML"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    command: Command, config: Config, text: str, said: str, tmp_path: Path
) -> None:
    answer = command("evaluate", "--config", config(text), "--task", "reranking/folder")
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_two_files_and_none_are_refused(command: Command, config: Config) -> None:
    path = config('model = "bm25"')
    twice = command("evaluate", "--config", path, "--config", path)
    assert (twice.code, "--config is given 2 times" in twice.err) == (2, True)
    absent = command("evaluate", "--config", path.with_name("no.toml"))
    assert absent.code == 2
    assert "no.toml" in absent.err


def test_every_flag_may_stand_in_a_file() -> None:
    names = {
        word.removeprefix("--")
        for option in evaluate.params
        if isinstance(option, click.Option)
        for word in (*option.opts, *option.secondary_opts)
        if word.startswith("--")
    }
    assert _flags(evaluate).keys() == names - {"config"}
    assert pieces(["a,b"]) == ("a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".".join("a" * 20_000) + " = 1", "a key of more than 20 parts"),
        ("a = " + "[" * 5_000, "is no TOML"),
        ('model = "bm25"\nout = "a\\u0000b"', "holds a zero byte"),
        ("model = " + "9" * 5_000, "is no TOML"),
    ],
    ids=["dotted", "deep", "zero byte", "long number"],
)
def test_a_file_that_costs_too_much_or_means_nothing(
    command: Command, config: Config, text: str, said: str
) -> None:
    answer = command("evaluate", "--config", config(text), "--task", "reranking/folder")
    assert (answer.code, answer.err.count("\n")) == (2, 1), answer.err[-300:]
    assert said in answer.err
