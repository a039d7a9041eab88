"""Whatever happens to a file of a baseline, a model that collapsed never passes.

Each file beside the committed records, in every suite, is spoiled in every way that is listed; the
candidate has the baseline's own answers, given to other items. ``-s`` prints the exit codes of all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.compare.comparison import compare
from harness.compare.policy import Budget, Policy
from harness.compare.sides import Side, read_sides
from harness.errors import IncompleteError, MarginBenchError
from harness.files import sha256_file
from harness.registry import suite_named
from harness.tasks.parquet import read_parquet, to_parquet
from tests.compare.made_sides import COMMITTED

BASELINES = sorted(path.parent.name for path in COMMITTED.glob("*/record.json"))
KEYS = ("group", "item")


def edit_record(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "record.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def signed(folder: Path, name: str) -> None:
    """Let the record tell of the file as it is now, as whoever edits both would."""

    def change(data: dict[str, Any]) -> None:
        for one in (data["predictions"], data["groups"], *data["files"]):
            if one is not None and one["file"] == name:
                one["sha256"] = sha256_file(folder / name)

    edit_record(folder, change)


def rewritten(folder: Path, name: str, change: Callable[[pa.Table], pa.Table]) -> None:
    path = folder / name
    path.write_bytes(to_parquet(change(pq.ParquetFile(path).read())))
    signed(folder, name)


def absent(folder: Path, name: str) -> None:
    (folder / name).unlink()


def empty(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")


def truncated(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])


def flipped(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 0x10
    (folder / name).write_bytes(data)


def flipped_and_signed(folder: Path, name: str) -> None:
    flipped(folder, name)
    signed(folder, name)


def edited(folder: Path, name: str) -> None:
    """All numbers that are no text are turned round, so that they are of other rows."""

    def change(table: pa.Table) -> pa.Table:
        for place, field in enumerate(table.schema):
            if field.name not in KEYS and not pa.types.is_string(field.type):
                table = table.set_column(place, field, table.column(place)[::-1])
                half = table.column(place).to_pylist()
                half = [*half[len(half) // 2 :], *half[len(half) // 2 :]][: len(half)]
                half += [half[-1]] * (table.num_rows - len(half))
                table = table.set_column(place, field, pa.array(half, field.type))
        return table

    rewritten(folder, name, change)


def of_other_items(folder: Path, name: str) -> None:
    def change(table: pa.Table) -> pa.Table:
        for key in KEYS:
            if key in table.column_names:
                ids = [f"{one}'" for one in table[key].to_pylist()]
                table = table.set_column(table.column_names.index(key), key, pa.array(ids))
        return table

    rewritten(folder, name, change)


def half_of_the_rows(folder: Path, name: str) -> None:
    rewritten(folder, name, lambda table: table.slice(0, table.num_rows // 2))


def another_file(folder: Path, name: str) -> None:
    other = sorted(path for path in folder.glob("*.parquet") if path.name != name)[0]
    shutil.copy(other, folder / name)
    signed(folder, name)


SPOILED = (absent, empty, truncated, flipped, flipped_and_signed, edited, of_other_items,
           half_of_the_rows, another_file)  # fmt: skip


@pytest.fixture(scope="module")
def collapsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of runs by baseline: its answers given to other items, so that nothing is right."""
    from click.testing import CliRunner

    from harness.cli import application

    out = tmp_path_factory.mktemp("collapsed")
    for name in BASELINES:
        task = json.loads((COMMITTED / name / "record.json").read_text())["task"]["id"]
        table = read_parquet(COMMITTED / name / "predictions.parquet")
        order = pa.array(np.random.default_rng(0).permutation(table.num_rows))
        for place, field in enumerate(table.schema):
            if field.name not in KEYS:
                table = table.set_column(place, field, table.column(place).take(order))
        path = out / f"{name}.parquet"
        pq.write_table(table.replace_schema_metadata(None), path)
        done = CliRunner().invoke(
            application,
            ["score", "--task", task, "--predictions", str(path), "--model-name", "collapsed",
             "--out", str(out / name)],
        )  # fmt: skip
        assert done.exit_code == 0, done.output
    return {name: out / name for name in BASELINES}


def code_of(old: Path, new: Path, budget: Budget | None = None) -> int:
    """What ``marginbench compare`` ends with."""
    try:
        found = compare(read_sides(old), read_sides(new), Policy(budget or Budget()), suite_named)
    except IncompleteError:
        return 3
    except MarginBenchError:
        return 2
    except Exception:  # of a table with the digest of its record, and without its columns
        return 70
    return found.exit_code


def files(name: str) -> list[str]:
    return sorted(path.name for path in (COMMITTED / name).glob("*.parquet"))


def spoiled(base: Path, to: Path) -> Iterator[tuple[str, str, Path]]:
    """File, what happened to it, and the folder of the baseline with it."""
    for name in files(base.name):
        for spoil in SPOILED:
            folder = to / f"{name}.{spoil.__name__}"
            shutil.copytree(base, folder)
            spoil(folder, name)
            yield name, spoil.__name__, folder
            shutil.rmtree(folder)


@pytest.mark.parametrize("name", BASELINES)
def test_a_collapse_never_passes(name: str, collapsed: dict[str, Path], tmp_path: Path) -> None:
    assert code_of(COMMITTED / name, collapsed[name]) == 1
    assert code_of(COMMITTED / name, COMMITTED / name) == 0
    table: dict[str, dict[str, int]] = {}
    for file, how, folder in spoiled(COMMITTED / name, tmp_path):
        table.setdefault(file, {})[how] = code_of(folder, collapsed[name])
    print("\n" + name, *(spoil.__name__ for spoil in SPOILED), sep="\t")
    for file, codes in table.items():
        print(file, *codes.values(), sep="\t")
    assert all(code in (1, 2, 3) for codes in table.values() for code in codes.values()), table
    for how in ("empty", "truncated", "flipped"):  # no byte changes without a word
        assert {codes[how] for codes in table.values()} == {2}


def test_a_correlation_that_was_edited_a_little_is_found(
    collapsed: dict[str, Path], tmp_path: Path
) -> None:
    """Among its replicates it may lie; its table gives the very one."""
    name = "image-quality.severity"
    folder = Path(shutil.copytree(COMMITTED / name, tmp_path / "base"))

    def nudge(data: dict[str, Any]) -> None:
        for metric in data["metrics"]:
            if metric["name"] == "SRCC":
                metric["value"] -= 0.001

    edit_record(folder, nudge)
    assert code_of(folder, collapsed[name]) == 2
    assert code_of(folder, COMMITTED / name) == 2
    assert code_of(COMMITTED / name, folder) == 2


def test_a_figure_that_decides_lies_near_the_middle_of_its_replicates(tmp_path: Path) -> None:
    name = "detection.embedded"
    (side,) = read_sides(COMMITTED / name).values()
    spread = float(np.std(side.replicates[side.record.primary.name]))
    for shift, code in ((-3 * spread, 2), (3 * spread, 2)):
        folder = Path(shutil.copytree(COMMITTED / name, tmp_path / f"{shift}"))
        edit_record(folder, lambda data, by=shift: data["metrics"][0].update(  # type: ignore[misc]
            value=data["metrics"][0]["value"] + by, interval=[0.0, 1.0]))  # fmt: skip
        assert code_of(folder, COMMITTED / name) == code


def claim(value: dict[str, float | None], interval: bool) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for metric in data["metrics"]:
            metric["value"] = value[metric["name"]]
            metric["reason"] = "unknown" if metric["value"] is None else metric["reason"]
            if metric["value"] is None or not interval:
                metric["interval"] = metric["basis"] = None

    return change


def one_file(data: dict[str, Any], of: Side) -> None:
    data["predictions"]["sha256"] = of.record.predictions.sha256  # type: ignore[union-attr]


@pytest.mark.parametrize("name", BASELINES)
def test_a_record_that_claims_the_collapse_never_passes(
    name: str, collapsed: dict[str, Path], tmp_path: Path
) -> None:
    (new,) = read_sides(collapsed[name]).values()
    values = {metric.name: metric.value for metric in new.record.metrics}
    codes: dict[str, int] = {}
    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        "values": claim(values, interval=True),
        "values without intervals": claim(values, interval=False),
        "undefined": claim(dict.fromkeys(values), interval=False),
        "one file of answers": lambda data: (claim(values, False)(data), one_file(data, new)),
        "nothing beside": lambda data: data["task"].update(beside=[]),
        "another primary": lambda data: data["task"].update(
            primary_metric=data["metrics"][-1]["name"], beside=[]
        ),
        "turned": lambda data: [
            m.update(higher_is_better=m["higher_is_better"] is False) for m in data["metrics"]
        ],
        "no direction": lambda data: [m.update(higher_is_better=None) for m in data["metrics"]],
        "another column": lambda data: [m.update(column=None) for m in data["metrics"]],
        "another seed": lambda data: data["intervals"].update(seed=1, replicates=7),
        "no tables": lambda data: data.update(groups=None, files=[], predictions=None),
        "no metrics": lambda data: data.update(metrics=[]),
        "a wider level": lambda data: data["intervals"].update(level=0.9999999),
    }
    for what, change in changes.items():
        for kept in ("all", "nothing", "predictions.parquet"):
            folder = tmp_path / f"{what}.{kept}"
            shutil.copytree(COMMITTED / name, folder)
            edit_record(folder, change)
            for path in folder.glob("*.parquet"):
                if kept not in ("all", path.name):
                    path.unlink()
            codes[f"{what}, with {kept}"] = code_of(folder, collapsed[name])
    print(name, *(f"{code}  {what}" for what, code in codes.items()), sep="\n  ")
    assert all(codes.values()), codes


@pytest.mark.parametrize("name", BASELINES)
def test_rows_in_another_order_change_nothing(
    name: str, collapsed: dict[str, Path], tmp_path: Path
) -> None:
    """Both tables of items at once, as scoring data in another order leaves them."""
    (new,) = read_sides(collapsed[name]).values()
    folder = Path(shutil.copytree(new.folder, tmp_path / "new"))
    rows = new.groups.num_rows
    order = np.random.default_rng(1).permutation(rows)
    for file in ("groups.parquet", "predictions.parquet"):
        if pq.ParquetFile(folder / file).metadata.num_rows == rows:
            rewritten(folder, file, lambda table: table.take(order))
    plain, mixed = (
        compare(read_sides(COMMITTED / name), read_sides(path), Policy(), suite_named).tasks[0]
        for path in (collapsed[name], folder)
    )
    assert mixed.deltas == plain.deltas
    assert mixed.flips == plain.flips
    assert any("in another order" in note for note in mixed.notes)
