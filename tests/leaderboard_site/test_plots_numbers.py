"""Pictures read back: what stands at a place is the number that was given."""

from __future__ import annotations

import numpy as np
import pytest
from leaderboard_site.plots.slices import SlicePoint, SliceSeries, slices_plot

from leaderboard_site.plots.bundle import MOST_LINES, ClassCurves, utility_plot
from leaderboard_site.plots.curves import RocCurve, roc_plot, tpr_at
from leaderboard_site.plots.forest import ForestRow, Reference, forest_plot
from leaderboard_site.plots.latency import SpeedPoint, front, latency_plot, time_text
from leaderboard_site.plots.scatter import MOST_POINTS, opinion_plot
from leaderboard_site.plots.trade import FlipPoint, flips_plot
from leaderboard_site.plots.versions import Version, versions_plot
from tests.leaderboard_site.plot_reading import (
    Axis,
    across,
    drawn,
    read,
    subpaths,
    text_at,
    texts,
    upwards,
)

MARK, RANGE = "var(--mark)", "var(--range)"


def steps(*pairs):
    """A staircase: (false positives, machine texts caught so far) of 200 and 100."""
    caught, points = 0, [(0.0, 0.0)]
    for accused, found in pairs:
        points += [(accused / 200, caught / 100), (accused / 200, found / 100)]
        caught = found
    return [*points, (1.0, caught / 100), (1.0, 1.0)]


def test_roc_curves_pass_through_their_points():
    good = steps((0, 30), (1, 45), (2, 60), (10, 80), (30, 95))
    poor = steps((0, 2), (5, 10), (40, 50))
    made = roc_plot([RocCurve("good", good), RocCurve("poor", poor)], negatives=200)
    marks = read(made.text)
    x = across(marks, "1%", "100%", (0.01, 1.0), logarithmic=True)
    y = upwards(marks, "0%", "100%", (0.0, 1.0))
    for number, points in ((1, good), (2, poor)):
        (curve,) = drawn(marks, stroke=f"var(--series-{number})", stroke_width="1.75")
        (line,) = curve.parts
        shown = [(x.value(a), y.value(b)) for a, b in line]
        for fpr, tpr in points:
            if 0 < fpr < 1:
                assert any(
                    a == pytest.approx(fpr, rel=0.02) and b == pytest.approx(tpr, abs=0.005)
                    for a, b in shown
                ), f"({fpr}, {tpr}) is not on curve {number}"
        # Before the first false positive stands what is caught at none at all.
        assert shown[0][1] == pytest.approx(tpr_at(points, 0.0), abs=0.005)
    dots = [mark for mark in marks if mark.tag == "circle"]
    for dot, points in zip(dots, (good, poor), strict=True):
        assert x.value(dot.at[0]) == pytest.approx(0.05, rel=0.02)
        assert y.value(dot.at[1]) == pytest.approx(tpr_at(points, 0.05), abs=0.005)


def test_roc_shades_what_is_below_one_false_positive():
    made = roc_plot([RocCurve("a", steps((0, 50)))], negatives=200)
    marks = read(made.text)
    x = across(marks, "1%", "100%", (0.01, 1.0), logarithmic=True)
    (band,) = drawn(marks, fill="var(--band)")
    edges = [a for part in band.parts for a, _ in part]
    assert x.value(max(edges)) == pytest.approx(1 / 200, rel=0.01)
    assert min(edges) == text_at(marks, "0.1%")[0]
    (chance,) = drawn(marks, stroke_dasharray="1,3")
    y = upwards(marks, "0%", "100%", (0.0, 1.0))
    for a, b in chance.parts[0]:
        assert x.value(a) == pytest.approx(y.value(b), abs=0.01)


def test_roc_of_nothing_is_none_and_a_crowd_is_cut():
    assert roc_plot([], negatives=100) is None
    assert roc_plot([RocCurve("a", [])], negatives=100) is None
    assert roc_plot([RocCurve("a", steps((0, 50)))], negatives=0) is None
    crowd = roc_plot([RocCurve(f"s{n}", steps((n, 50))) for n in range(12)], negatives=50)
    assert "4 more systems not drawn" in crowd.caption
    assert "s7" in texts(read(crowd.text))
    assert "s8" not in texts(read(crowd.text))


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


def test_scatter_dots_and_curve_stand_at_their_pairs():
    pairs = [(-2.0, 1.2), (0.0, 3.1), (4.0, 4.8)]
    curve = [(-2.0, 1.5), (4.0, 4.5)]
    made = opinion_plot(
        "m", pairs, curve=curve, scale=(1, 5), metrics=[("SRCC", 0.81), ("PLCC", None)]
    )
    marks = read(made.text)
    x, y = across(marks, "−2", "4", (-2.0, 4.0)), upwards(marks, "1", "5", (1.0, 5.0))
    (dots,) = drawn(marks, stroke=RANGE)
    shown = [(x.value(a), y.value(b)) for (a, b), *_ in dots.parts]
    assert shown == [pytest.approx(pair, abs=0.02) for pair in pairs]
    (line,) = drawn(marks, stroke=MARK)
    assert [(x.value(a), y.value(b)) for a, b in line.parts[0]] == [
        pytest.approx(point, abs=0.02) for point in curve
    ]
    assert made.caption == "SRCC 81.0, PLCC –; 3 images."


def test_scatter_turns_the_axis_where_low_opinions_are_good():
    marks = read(
        opinion_plot("m", [(0.0, 5.0), (1.0, 1.0)], curve=[], scale=(1, 5), metrics=[],
                     target="Target", lower_is_better=True).text
    )  # fmt: skip
    assert text_at(marks, "1")[1] < text_at(marks, "5")[1]
    (dots,) = drawn(marks, stroke=RANGE)
    (bad, _), (good, _) = dots.parts
    assert good[1] < bad[1]
    assert "Target, better upwards" in texts(marks)


def test_scatter_of_many_draws_evenly_many_and_of_none_nothing():
    pairs = [(float(n), float(n)) for n in range(9000)]
    made = opinion_plot("m", pairs, curve=[], scale=(0, 9000), metrics=[])
    (dots,) = drawn(read(made.text), stroke=RANGE)
    assert len(dots.parts) == MOST_POINTS
    assert made.caption == "; 500 of 9,000 images, no curve fits."
    assert opinion_plot("m", [], curve=[], scale=(0, 1), metrics=[]) is None
    flat = opinion_plot("m", [(1.0, 2.0)] * 3, curve=[], scale=(2, 2), metrics=[])
    assert len(drawn(read(flat.text), stroke=RANGE)[0].parts) == 3


def test_flips_are_placed_by_gain_and_loss():
    points = [FlipPoint("a", 0.02, 0.01, 0.005, 0.019), FlipPoint("b", 0.004, 0.0)]
    marks = read(flips_plot(points).text)
    x, y = (
        across(marks, "0.5%", "2.0%", (0.005, 0.02)),
        upwards(marks, "0.5%", "2.0%", (0.005, 0.02)),
    )
    dots = drawn(marks, fill=MARK)
    for dot, point in zip(dots, points, strict=True):
        assert x.value(dot.at[0]) == pytest.approx(point.gains, abs=1e-4)
        assert y.value(dot.at[1]) == pytest.approx(point.losses, abs=1e-4)
    (whisker,) = drawn(marks, stroke=RANGE)
    assert sorted(y.value(b) for _, b in whisker.parts[0]) == pytest.approx(
        [0.005, 0.019], abs=1e-4
    )
    (even,) = drawn(marks, stroke_dasharray="1,3")
    for a, b in even.parts[0]:
        assert x.value(a) == pytest.approx(y.value(b), abs=1e-4)
    assert flips_plot([]) is None
    crowd = flips_plot([FlipPoint(str(n), 0.0, 0.0) for n in range(20)])
    assert "12 more systems not drawn" in crowd.caption


def test_utility_curves_keep_mean_classes_and_the_worst_tenth():
    rows = tuple((n / 400, n / 400) for n in range(400))
    curves = ClassCurves(tuple(map(str, range(400))), (0.0, 1.0), rows)
    made = utility_plot("x", curves, low=0.2, high=0.8, worst_share=0.1)
    marks = read(made.text)
    y = upwards(marks, "0%", "100%", (0.0, 1.0))

    def levels(**look):
        (mark,) = drawn(marks, **look)
        return sorted(y.value(part[0][1]) for part in mark.parts)

    assert levels(stroke=MARK) == pytest.approx([np.mean([r[0] for r in rows])], abs=3e-3)
    worst, others = levels(stroke="var(--loss)"), levels(stroke=RANGE)
    assert (worst[0], worst[-1]) == pytest.approx((0.0, 39 / 400), abs=3e-3)
    assert (others[0], others[-1]) == pytest.approx((40 / 400, 399 / 400), abs=3e-3)
    assert len(worst) + len(others) == MOST_LINES
    assert made.caption.endswith(f"400 classes at one threshold for all; {MOST_LINES} drawn.")
    assert {"0.20", "0.50", "0.80", "mean", "worst tenth"} <= set(texts(marks))


def test_utility_follows_its_distances():
    curves = ClassCurves(("a",), (0.0, 0.4, 1.0), ((0.0, 1.0, 0.1),))
    marks = read(utility_plot("x", curves, low=0.0, high=1.0, worst_share=0.1).text)
    x, y = across(marks, "0.00", "1.00", (0.0, 1.0)), upwards(marks, "0%", "100%", (0.0, 1.0))
    (line,) = drawn(marks, stroke=MARK)
    for a, b in line.parts[0]:
        wanted = np.interp(x.value(a), [0, 0.4, 1], [0, 1, 0.1])
        assert y.value(b) == pytest.approx(wanted, abs=0.03)
    assert utility_plot("x", curves, low=0.8, high=0.8, worst_share=0.1) is None
    empty = ClassCurves((), (0.0, 1.0), ())
    assert utility_plot("x", empty, low=0.2, high=0.8, worst_share=0.1) is None


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


def test_slices_stand_in_their_rows():
    first = SliceSeries("a", [SlicePoint("domain", "news", 0.9, 0.85, 0.95),
                              SlicePoint("domain", "mail", 0.5, 0.4, 0.6),
                              SlicePoint("generator", "only", 0.7)])  # fmt: skip
    second = SliceSeries("b", [SlicePoint("domain", "mail", 0.2)])
    made = slices_plot([first, second], target="5%")
    marks = read(made.text)
    x = across(marks, "0%", "100%", (0.0, 1.0))
    (whiskers,) = drawn(marks, stroke="var(--series-1)")
    shown = [[x.value(a) for a, _ in part] for part in whiskers.parts]
    assert shown == [pytest.approx([0.85, 0.95], abs=3e-3), pytest.approx([0.4, 0.6], abs=3e-3)]
    dots = [m for m in drawn(marks, fill="var(--series-1)") if m.tag == "circle"]
    values = sorted(x.value(dot.at[0]) for dot in dots)[-2:]
    assert values == pytest.approx([0.5, 0.9], abs=3e-3)
    news, mail = (text_at(marks, name)[1] for name in ("news", "mail"))
    rows = sorted(part[0][1] for part in whiskers.parts)
    # Words hang four units below the middle of their row; the first of two systems is above it.
    assert rows == pytest.approx([news - 4 - 3, mail - 4 - 3], abs=0.2)
    assert "only" not in texts(marks), "a single value tells nothing of its own"
    squares = drawn(marks, fill="var(--series-2)")
    assert any(
        x.value(np.mean([a for a, _ in part])) == pytest.approx(0.2, abs=5e-3)
        for mark in squares if mark.tag == "path" for part in subpaths(mark.attributes["d"])
    )  # fmt: skip
    assert made.title == "TPR by domain"
    assert slices_plot([SliceSeries("a", [SlicePoint("domain", "news", 0.9)])], target="5%") is None
    assert slices_plot([], target="5%") is None


def test_the_axis_read_back_is_the_one_it_was_read_from():
    axis = Axis((0.01, 100.0), (1.0, 300.0), logarithmic=True)
    assert [axis.value(p) for p in (100, 200, 300)] == pytest.approx([0.01, 0.1, 1.0])
