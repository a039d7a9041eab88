"""Sections of consistency and flips: pictures, tables and lists show what the records hold."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest

from harness.compare.sides import Side, read_sides
from leaderboard_site.drawing.rendering import environment
from leaderboard_site.exhibits.class_items import consistency_view, flips_view
from leaderboard_site.exhibits.class_reading import read_curves, read_flipped
from leaderboard_site.reading.records import Entry, RunSource, load_run
from suites.consistency.record import ConsistencyPart
from suites.flips.record import FlipsPart
from tests.cli.conftest import command  # noqa: F401
from tests.leaderboard_site.plot_reading import drawn, read, upwards

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


def section(macro: str, view: Any) -> str:
    """What a macro of the class suites writes."""
    source = (
        f'{{% from "_classes.html.j2" import {macro} with context %}}{{{{ {macro}(view, "v") }}}}'
    )
    return environment().from_string(source).render(view=view)


def entry(side: Side) -> Entry:
    path = side.folder / "record.json"
    return Entry(load_run(RunSource(path, side.folder)), side.record.model.name)


def test_consistency_holds_what_the_record_says(runs: Path) -> None:
    side, _ = sides(runs)
    view = consistency_view([entry(side)])
    text = section("consistency_section", view)
    part = side.record.part
    assert isinstance(part, ConsistencyPart)
    assert f"{part.items} items of {part.classes} classes" in text
    assert text.count('<svg class="plot plot-utility"') == 1
    assert text.count('stroke="var(--loss)"') == 1, "the worst tenth"
    assert text.count(">worst tenth</text>") == 1
    assert text == section("consistency_section", consistency_view([entry(side)]))


def test_flips_hold_what_the_record_says(runs: Path) -> None:
    _, side = sides(runs)
    text = section("flips_section", flips_view([entry(side)]))
    assert isinstance(side.record.part, FlipsPart)
    table = side.record.part.tables[0]
    cells = (table.right_right, table.right_wrong, table.wrong_right, table.wrong_wrong)
    assert "".join(f'<td class="figure">{cell}</td>' for cell in cells) in text
    assert "A negative flip is an item that was right before and is wrong now." in text
    assert text.count('<svg class="plot plot-flips"') == 1
    assert HOSTILE not in text
    assert html.escape(f"{HOSTILE}11") in text


def test_the_flips_picture_shows_the_share_that_the_record_holds(runs: Path) -> None:
    _, side = sides(runs)
    assert isinstance(side.record.part, FlipsPart)
    table = side.record.part.tables[0]
    view = flips_view([entry(side)])
    assert view is not None
    assert view.picture is not None
    marks = read(view.picture.text)
    ends = [m for m in drawn(marks, text_anchor="end") if m.text.endswith("%")]
    values = [float(m.text.rstrip("%")) / 100 for m in ends]
    y = upwards(marks, ends[0].text, ends[-1].text, (values[0], values[-1]))
    (dot,) = drawn(marks, fill="var(--mark)")
    assert y.value(dot.at[1]) == pytest.approx(table.right_wrong / table.n, abs=1e-3)


def test_entries_without_the_part_have_no_view() -> None:
    assert consistency_view([]) is None
    assert flips_view([]) is None


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
    assert isinstance(side.record.part, FlipsPart)
    found = read_flipped(side.folder, side.record)
    assert {flip.id for flip in found} == {
        f"{HOSTILE}{n}" for n in range(90) if n % 10 == 1 and n % 9 != 0
    }
    assert len(found) == side.record.part.tables[0].right_wrong
