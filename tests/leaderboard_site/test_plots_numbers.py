"""Pictures read back: what stands at a place is the number that was given."""

from __future__ import annotations

import pytest

from leaderboard_site.plots.forest import ForestRow, Reference, forest_plot
from leaderboard_site.plots.latency import SpeedPoint, front, latency_plot, time_text
from leaderboard_site.plots.versions import Version, versions_plot
from tests.leaderboard_site.plot_reading import (
    Axis,
    across,
    drawn,
    read,
    text_at,
    texts,
    upwards,
)

MARK, RANGE = "var(--mark)", "var(--range)"


def test_forest_rows_stand_at_their_values_with_their_bounds():
    rows = [
        ForestRow("a", 0.594, 0.556, 0.624),
        ForestRow("b", 0.41),
        ForestRow("c", 0.336, 0.3, 0.37),
    ]
    made = forest_plot(
        rows, metric="nDCG@10", higher_is_better=True, reference=Reference("bm25", 0.45)
    )
    marks = read(made.text)
    x = across(marks, "30", "60", (0.3, 0.6))
    dots = drawn(marks, fill=MARK)
    assert [x.value(dot.at[0]) for dot in dots] == pytest.approx([r.value for r in rows], abs=1e-3)
    heights = [dot.at[1] for dot in dots]
    assert heights == sorted(heights), "best first"
    for row, height in zip(rows, heights, strict=True):
        assert text_at(marks, row.name)[1] == pytest.approx(height, abs=5)
    (whiskers,) = drawn(marks, stroke=RANGE)
    shown = {part[0][1]: [x.value(a) for a, _ in part] for part in whiskers.parts}
    assert shown[heights[0]] == pytest.approx([0.556, 0.624], abs=1e-3)
    assert shown[heights[2]] == pytest.approx([0.3, 0.37], abs=1e-3)
    assert len(shown) == 2, "no interval, no whisker"
    assert {"59.4", "[55.6, 62.4]", "41.0", "45.0 bm25"} <= set(texts(marks))
    (line,) = drawn(marks, stroke="var(--reference)")
    assert x.value(line.parts[0][0][0]) == pytest.approx(0.45, abs=1e-3)


def test_forest_cuts_rows_and_says_so():
    rows = [ForestRow(f"s{n}", 0.5) for n in range(23)]
    made = forest_plot(rows, metric="OPIS[FAR=1%..10%]", higher_is_better=False)
    assert made.caption.endswith("lower is better. 3 more systems not drawn.")
    assert len(drawn(read(made.text), fill=MARK)) == 20
    assert forest_plot([], metric="m", higher_is_better=True) is None


def test_latency_points_stand_at_their_time_and_value():
    points = [
        SpeedPoint("slow", 0.2, 0.61, 0.58, 0.64),
        SpeedPoint("fast", 0.0005, 0.4, 0.36, 0.44),
        SpeedPoint("dominated", 0.03, 0.35),
    ]
    marks = read(latency_plot(points, metric="nDCG@10", higher_is_better=True).text)
    x = across(marks, "1 ms", "100 ms", (0.001, 0.1), logarithmic=True)
    y = upwards(marks, "40", "60", (0.4, 0.6))
    dots = drawn(marks, fill=MARK)
    for dot, point in zip(dots, points, strict=True):
        assert x.value(dot.at[0]) == pytest.approx(point.seconds, rel=0.02)
        assert y.value(dot.at[1]) == pytest.approx(point.value, abs=2e-3)
    (whiskers,) = drawn(marks, stroke=RANGE)
    shown = [sorted(y.value(b) for _, b in part) for part in whiskers.parts]
    assert shown == [pytest.approx([0.58, 0.64], abs=2e-3), pytest.approx([0.36, 0.44], abs=2e-3)]
    (line,) = drawn(marks, stroke="var(--reference)")
    corners = [(x.value(a), y.value(b)) for a, b in line.parts[0]]
    for a, b in ((0.0005, 0.4), (0.2, 0.4), (0.2, 0.61)):
        assert any(
            s == pytest.approx(a, rel=0.02) and v == pytest.approx(b, abs=2e-3) for s, v in corners
        )
    assert latency_plot([], metric="m", higher_is_better=True) is None


def test_the_front_holds_what_nothing_beats():
    known = (("a", 1, 0.5), ("b", 1, 0.6), ("c", 2, 0.6), ("d", 3, 0.9), ("e", 0.5, 0.1))
    points = [SpeedPoint(*one) for one in known]
    assert [p.name for p in front(points, higher_is_better=True)] == ["e", "b", "d"]
    assert [p.name for p in front(points, higher_is_better=False)] == ["e"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1e-6, "1 µs"), (3e-4, "300 µs"), (1e-3, "1 ms"), (0.5, "500 ms"), (1.0, "1 s"), (30, "30 s")],
)
def test_times_are_said_in_units_a_reader_knows(seconds, said):
    assert time_text(seconds) == said


def test_versions_follow_the_order_of_revisions():
    revisions = ["one", "two", "three"]
    versions = [
        Version("t", "three", 0.6, 0.55, 0.65),
        Version("t", "one", 0.4, 0.35, 0.45),
        Version("t", "two", 0.5),
        Version("u", "two", 0.9),
        Version("t", "gone", 0.1),
    ]
    marks = read(versions_plot(revisions, versions).text)
    y = upwards(marks, "40", "60", (0.4, 0.6))
    (line,) = drawn(marks, stroke="var(--series-1)", stroke_width="1.75")
    (path,) = line.parts
    assert [y.value(b) for _, b in path] == pytest.approx([0.4, 0.5, 0.6], abs=2e-3)
    assert [a for a, _ in path] == pytest.approx([text_at(marks, r)[0] for r in revisions], abs=0.2)
    (whiskers,) = drawn(marks, stroke="var(--series-1)", stroke_opacity="0.5")
    assert len(whiskers.parts) == 2
    assert "u" not in texts(marks), "one revision is no line"
    assert versions_plot(revisions, versions[:1]) is None
    assert versions_plot([], []) is None


def test_versions_cut_tasks_and_old_revisions():
    revisions = [f"r{n}" for n in range(50)]
    versions = [Version(f"t{t}", r, 0.5) for t in range(8) for r in revisions]
    made = versions_plot(revisions, versions)
    shown = texts(read(made.text))
    assert "2 more tasks not drawn" in made.caption
    assert "r49" in shown
    assert "r9" not in shown
    (line,) = drawn(
        read(made.text), stroke="var(--series-1)", stroke_width="1.75", stroke_dasharray="12,4"
    )
    assert len({round(a, 1) for a, _ in line.parts[0]}) <= 40


def test_the_axis_read_back_is_the_one_it_was_read_from():
    axis = Axis((0.01, 100.0), (1.0, 300.0), logarithmic=True)
    assert [axis.value(p) for p in (100, 200, 300)] == pytest.approx([0.01, 0.1, 1.0])
