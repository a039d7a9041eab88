"""Pages of consistency and flips: pictures, tables and lists show what the records hold."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from harness.compare.sides import Side, read_sides
from leaderboard_site.build import build_site
from leaderboard_site.class_pictures import MOST_LINES, curves_picture, flips_picture
from leaderboard_site.class_reading import ClassCurves, read_curves, read_flipped
from tests.cli.conftest import command  # noqa: F401

Run = object
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def runs(tmp_path: Path, command) -> Path:  # type: ignore[no-untyped-def]  # noqa: F811
    """A consistency run with a hostile class name, and a flips run against a reference."""
    model = tmp_path / "letters.py"
    model.write_text(
        "def embed_texts(texts):\n    return [[t.count(c) + 0.7 * ((len(t) * (i + 2)) % 5 + i)"
        " for i, c in enumerate('aeiou')] for t in texts]\n"
    )
    rows = [f"t{n},{'aeio'[n % 4]},{'aeiou'[n % 5] * (n % 7 + 1)}" for n in range(60)]
    rows += [f"u{n},{HOSTILE},{'u' * (n + 1)}" for n in range(5)]
    table = tmp_path / "texts.csv"
    table.write_text("\n".join(["id,label,text", *rows]) + "\n")
    labels = tmp_path / "labels.csv"
    lines = [f"{HOSTILE}{n},{'ab'[n % 2]},{'ab'[(n + (n % 9 == 0)) % 2]}" for n in range(90)]
    labels.write_text("\n".join(["id,label,reference", *lines]) + "\n")
    answers = tmp_path / "answers.csv"
    given = [f"{HOSTILE}{n},{'ab'[(n + (n % 10 == 1)) % 2]}" for n in range(90)]
    answers.write_text("\n".join(["id,prediction", *given]) + "\n")
    out = tmp_path / "runs"
    for arguments in (
        ("evaluate", "--model", f"python:{model}", "--task", "consistency/folder", "--data", table),
        ("evaluate", "--model", f"predictions:{answers}", "--task", "flips/predictions",
         "--data", labels),
    ):  # fmt: skip
        assert command(*arguments, "--out", out).code == 0
    return out


def sides(runs: Path) -> tuple[Side, Side]:
    found = read_sides(runs)
    return found["consistency/folder/texts"], found["flips/predictions/labels"]


def test_pages_hold_what_the_records_say(runs: Path, tmp_path: Path) -> None:
    classes, flips = sides(runs)
    page = build_site(runs, tmp_path / "site")
    text = page.with_name("tasks").joinpath("consistency.folder.texts.html").read_text()
    part = classes.record.consistency
    assert part is not None
    assert f"{part.items} items of {part.classes} classes" in text
    assert "R@1" in text
    assert "TAR@FAR=1%" in text
    assert 'class="thin worst"' in text
    text = page.with_name("tasks").joinpath("flips.predictions.labels.html").read_text()
    assert flips.record.flips is not None
    table = flips.record.flips.tables[0]
    cells = (table.right_right, table.right_wrong, table.wrong_right, table.wrong_wrong)
    assert "".join(f'<td class="figure">{cell}</td>' for cell in cells) in text
    assert "A negative flip is an item that was right before and is wrong now." in text
    assert HOSTILE not in text
    assert html.escape(f"{HOSTILE}11") in text
    for name in ("suites/consistency.html", "suites/flips.html"):
        assert "<svg" in page.with_name(name.split("/")[0]).joinpath(name.split("/")[1]).read_text()


def test_building_again_gives_the_same_bytes(runs: Path, tmp_path: Path) -> None:
    first, second = (build_site(runs, tmp_path / name).parent for name in ("one", "two"))
    for path in sorted(first.rglob("*.html")):
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()


def test_curves_are_utilities_of_the_counts(runs: Path) -> None:
    side, _ = sides(runs)
    curves = read_curves(side.folder, side.record)
    assert curves is not None
    assert curves.names[0] == HOSTILE
    counts = side.file("class_counts.parquet").to_pylist()
    row = next(r for r in counts if r["class"] == curves.names[1])
    sensitivity = row["same"][0] / row["same_total"]
    specificity = 1 - row["other"][0] / row["other_total"]
    total = sensitivity + specificity
    wanted = 2 * sensitivity * specificity / total if total else 0.0
    assert curves.utility[1][0] == pytest.approx(wanted)


def test_flipped_items_are_those_the_reference_had_right(runs: Path) -> None:
    _, side = sides(runs)
    assert side.record.flips is not None
    found = read_flipped(side.folder, side.record)
    assert {flip.id for flip in found} == {
        f"{HOSTILE}{n}" for n in range(90) if n % 10 == 1 and n % 9 != 0
    }
    assert len(found) == side.record.flips.tables[0].right_wrong


def test_many_classes_are_thinned_and_the_worst_are_kept() -> None:
    utility = tuple((n / 400, n / 400) for n in range(400))
    curves = ClassCurves(tuple(map(str, range(400))), (0.0, 1.0), utility)
    picture = curves_picture("x", curves, 0.2, 0.8, 0.1)
    assert picture is not None
    assert picture.classes == 400
    assert picture.drawn == MOST_LINES
    lowest = max(float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", picture.worst))
    assert lowest == pytest.approx(284.0)  # utility 0 at the bottom
    one = ClassCurves(("a",), (0.0, 1.0), ((0.5, 0.5),))
    assert curves_picture("x", one, 0.2, 0.8, 0.1) is not None
    assert curves_picture("x", one, 0.8, 0.8, 0.1) is None


def test_flips_are_placed_by_gain_and_loss() -> None:
    picture = flips_picture([("a", 0.02, 0.01, (0.005, 0.02)), ("b", 0.0, 0.0, None)])
    assert picture is not None
    assert [mark.name for mark in picture.marks] == ["a", "b"]
    assert picture.marks[0].x == "396.0"  # the axis ends at 2%
    assert picture.marks[1].whisker == ""
    assert flips_picture([]) is None
    assert flips_picture([(str(n), 0.0, 0.0, None) for n in range(20)]).left_out == 12  # type: ignore[union-attr]
