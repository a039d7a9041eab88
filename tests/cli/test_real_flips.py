"""Real answers of twenty checkpoints through the command line."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.shared_data
OLD, NEW = "sixteen01v4", "sixteen26_grayscale"


@pytest.fixture(scope="module")
def table(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels and all answers of one experiment, in one table."""
    folder = shared_data / "flips" / "generalisation_humans_dnns"
    path = tmp_path_factory.mktemp("flips") / "colour-png.csv"
    source = folder / "resnet50_finetuned_20checkpoints_responses.csv.gz"
    with gzip.open(source, "rt", newline="") as file, path.open("w", newline="") as out:
        rows = [row for row in csv.DictReader(file) if row["exp"] == "colour-png"]
        writer = csv.DictWriter(out, ["id", *rows[0]])
        writer.writeheader()
        writer.writerows({"id": f"{row['session']}/{row['imagename']}", **row} for row in rows)
    return path


def evaluated(command: Command, table: Path, column: str, out: Path) -> Path:
    done = command(
        *("evaluate", "--model", f"predictions:{table}", "--option", f"column={column}"),
        *("--task", "flips/predictions", "--data", table, "--out", out / column),
    )
    assert done.code == 0, done.err
    return out / column


def test_an_update_that_gains_accuracy_and_breaks_many_items(
    command: Command, table: Path, tmp_path: Path
) -> None:
    old, new = (evaluated(command, table, name, tmp_path) for name in (OLD, NEW))
    report = tmp_path / "report.json"
    done = command("compare", old, new, "--max-nfr", "3%", "--json", report, "--list", "1000")
    assert done.code == 1
    assert "373 of 8,960 items were right and are wrong, NFR 4.16%" in done.out
    (task,) = json.loads(report.read_text())["tasks"]
    accuracy = next(metric for metric in task["metrics"] if metric["name"] == "accuracy")
    assert (accuracy["baseline"], accuracy["candidate"]) == pytest.approx(
        (0.9224, 0.9315), abs=5e-5
    )
    assert accuracy["verdict"] == "better"
    (flips,) = task["flips"]
    assert len({item["id"] for item in flips["items"]}) == 373
    assert all(item["id"] in done.out for item in flips["items"])
    assert flips["rates"]["NFR[relative]"] == pytest.approx(0.65857556)
    assert flips["p"] == pytest.approx(0.0053731, rel=1e-4)

    itself = command("compare", old, old, "--max-nfr", "0%")
    assert itself.code == 0
    assert itself.out.rstrip().endswith("colour-png: same")


def test_a_table_may_name_its_own_reference(command: Command, table: Path, tmp_path: Path) -> None:
    own = tmp_path / "referred.csv"
    with table.open(newline="") as file, own.open("w", newline="") as out:
        rows = list(csv.DictReader(file))
        writer = csv.DictWriter(out, ["id", "label", "condition", "reference"])
        writer.writeheader()
        writer.writerows(
            {
                "id": row["id"],
                "label": row["category"],
                "condition": row["condition"],
                "reference": row[OLD],
            }
            for row in rows
        )
    done = command(
        *("evaluate", "--model", f"predictions:{table}", "--option", f"column={NEW}"),
        *("--task", "flips/predictions", "--data", own, "--out", tmp_path / "runs"),
    )
    assert done.code == 0, done.err
    (record,) = (tmp_path / "runs").rglob("record.json")
    data = json.loads(record.read_text())
    assert data["metrics"][0]["name"] == "NFR"
    assert data["metrics"][0]["value"] == 373 / 8960
    tables = data["part"]["tables"]
    assert tables[0]["right_wrong"] == 373
    by_condition = [t for t in tables if t["slice"]]
    assert sum(t["right_wrong"] for t in by_condition) == 373
