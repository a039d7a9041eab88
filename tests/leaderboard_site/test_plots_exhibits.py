"""Pictures of exhibits read back: what stands at a place is the number that was given."""

from __future__ import annotations

import numpy as np
import pytest

from harness.exhibits import (
    Axis,
    Bundle,
    Curve,
    Curves,
    Dot,
    Dots,
    DotSeries,
    Figure,
    Scatter,
    Trade,
    Traded,
)
from leaderboard_site.plots.bundle import MOST_LINES, bundle_plot
from leaderboard_site.plots.curves import curves_plot
from leaderboard_site.plots.dots import dots_plot
from leaderboard_site.plots.scatter import MOST_POINTS, scatter_plot
from leaderboard_site.plots.trade import trade_plot
from tests.leaderboard_site.plot_reading import (
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


def rising(*curves, low=0.001, negatives=200, rule=0.05):
    """Curves over a logarithmic axis of shares, with the line of chance."""
    chance = tuple((10 ** (-step / 10), 10 ** (-step / 10)) for step in range(41))
    return curves_plot(
        Curves("t", tuple(Curve(name, points) for name, points in curves),
               Axis("False positive rate", low, 1, log=True), Axis("True positive rate", 0, 1),
               1 / negatives, rule, chance)
    )  # fmt: skip


def reached(points, x):
    return max(b for a, b in points if a <= x)


def test_curves_pass_through_their_points():
    good = steps((0, 30), (1, 45), (2, 60), (10, 80), (30, 95))
    poor = steps((0, 2), (5, 10), (40, 50))
    marks = read(rising(("good", good), ("poor", poor)).text)
    x = across(marks, "1%", "100%", (0.01, 1.0), logarithmic=True)
    y = upwards(marks, "0%", "100%", (0.0, 1.0))
    for number, points in ((1, good), (2, poor)):
        (curve,) = drawn(marks, stroke=f"var(--series-{number})", stroke_width="1.75")
        (line,) = curve.parts
        shown = [(x.value(a), y.value(b)) for a, b in line]
        for place, height in points:
            if 0 < place < 1:
                assert any(
                    a == pytest.approx(place, rel=0.02) and b == pytest.approx(height, abs=0.005)
                    for a, b in shown
                ), f"({place}, {height}) is not on curve {number}"
        # The curve enters the axis at the height that it has reached left of it.
        assert shown[0][1] == pytest.approx(reached(points, 0.001), abs=0.005)
    dots = [mark for mark in marks if mark.tag == "circle"]
    for dot, points in zip(dots, (good, poor), strict=True):
        assert x.value(dot.at[0]) == pytest.approx(0.05, rel=0.02)
        assert y.value(dot.at[1]) == pytest.approx(reached(points, 0.05), abs=0.005)
    assert {"False positive rate", "True positive rate", "good", "poor"} <= set(texts(marks))


def test_curves_shade_what_is_not_resolved():
    made = rising(("a", steps((0, 50))))
    marks = read(made.text)
    x = across(marks, "1%", "100%", (0.01, 1.0), logarithmic=True)
    (band,) = drawn(marks, fill="var(--band)")
    edges = [a for part in band.parts for a, _ in part]
    assert x.value(max(edges)) == pytest.approx(1 / 200, rel=0.01)
    assert min(edges) == text_at(marks, "0.1%")[0]
    assert "Shaded: too few to tell. Dotted: chance." in made.caption
    (chance,) = drawn(marks, stroke_dasharray="1,3")
    y = upwards(marks, "0%", "100%", (0.0, 1.0))
    for a, b in chance.parts[0]:
        assert x.value(a) == pytest.approx(y.value(b), abs=0.01)


def test_curves_on_a_plain_axis_need_no_extras():
    points = [(2.0, 10.0), (4.0, 20.0), (6.0, 60.0)]
    exhibit = Curves("t", (Curve("a", points),), Axis("x", 0, 10, "m"), Axis("y", 0, 100, "s"))
    made = curves_plot(exhibit)
    marks = read(made.text)
    x, y = across(marks, "0", "10", (0.0, 10.0)), upwards(marks, "0", "100", (0.0, 100.0))
    (curve,) = drawn(marks, stroke="var(--series-1)", stroke_width="1.75")
    shown = [(x.value(a), y.value(b)) for a, b in curve.parts[0]]
    assert shown == [pytest.approx(point, abs=0.5) for point in points]
    assert made.caption == ""
    assert not drawn(marks, fill="var(--band)")
    assert not drawn(marks, stroke_dasharray="1,3")


def test_no_curves_are_none_and_a_crowd_is_cut():
    assert rising() is None
    assert rising(("a", [])) is None
    crowd = rising(*((f"s{n}", steps((n, 50))) for n in range(12)), negatives=50)
    assert "4 more systems not drawn" in crowd.caption
    assert "s7" in texts(read(crowd.text))
    assert "s8" not in texts(read(crowd.text))


OPINION = Axis("Opinion", 1, 5, "opinion")


def around(pairs, curve=(), y=OPINION):
    return scatter_plot(Scatter("m", pairs, tuple(curve), Axis("Score", unit="score"), y))


def test_scatter_dots_and_curve_stand_at_their_pairs():
    pairs = [(-2.0, 1.2), (0.0, 3.1), (4.0, 4.8)]
    curve = [(-2.0, 1.5), (4.0, 4.5)]
    made = around(pairs, [*curve, (3.0, 9.0)])
    marks = read(made.text)
    x, y = across(marks, "−2", "4", (-2.0, 4.0)), upwards(marks, "1", "5", (1.0, 5.0))
    (dots,) = drawn(marks, stroke=RANGE)
    shown = [(x.value(a), y.value(b)) for (a, b), *_ in dots.parts]
    assert shown == [pytest.approx(pair, abs=0.02) for pair in pairs]
    (line,) = drawn(marks, stroke=MARK)
    assert [(x.value(a), y.value(b)) for a, b in line.parts[0]] == [
        pytest.approx(point, abs=0.02) for point in curve
    ], "what lies beyond an end is no part of the line"
    assert made.caption == "3 drawn."


def test_an_axis_is_turned_where_its_low_end_is_the_larger_one():
    marks = read(around([(0.0, 5.0), (1.0, 1.0)], y=Axis("Target", 5, 1, "level")).text)
    assert text_at(marks, "1")[1] < text_at(marks, "5")[1]
    (dots,) = drawn(marks, stroke=RANGE)
    (bad, _), (good, _) = dots.parts
    assert good[1] < bad[1]
    assert "Target" in texts(marks)


def test_scatter_of_many_draws_evenly_many_and_of_none_nothing():
    pairs = [(float(n), float(n)) for n in range(9000)]
    made = around(pairs, y=Axis("y", unit="y"))
    (dots,) = drawn(read(made.text), stroke=RANGE)
    assert len(dots.parts) == MOST_POINTS
    assert made.caption == "500 of 9,000 drawn."
    assert around([]) is None
    flat = around([(1.0, 2.0)] * 3, y=Axis("y", unit="y"))
    assert len(drawn(read(flat.text), stroke=RANGE)[0].parts) == 3


def traded(*points):
    return trade_plot(Trade("t", points, Axis("won"), Axis("lost")))


def test_trades_are_placed_by_what_was_won_and_lost():
    points = [Traded("a", 0.02, 0.01, (0.005, 0.019)), Traded("b", 0.004, 0.0, None)]
    made = traded(*points)
    marks = read(made.text)
    x, y = (
        across(marks, "0.5%", "2.0%", (0.005, 0.02)),
        upwards(marks, "0.5%", "2.0%", (0.005, 0.02)),
    )
    dots = drawn(marks, fill=MARK)
    for dot, point in zip(dots, points, strict=True):
        assert x.value(dot.at[0]) == pytest.approx(point.x, abs=1e-4)
        assert y.value(dot.at[1]) == pytest.approx(point.y, abs=1e-4)
    (whisker,) = drawn(marks, stroke=RANGE)
    assert sorted(y.value(b) for _, b in whisker.parts[0]) == pytest.approx(
        [0.005, 0.019], abs=1e-4
    )
    (even,) = drawn(marks, stroke_dasharray="1,3")
    for a, b in even.parts[0]:
        assert x.value(a) == pytest.approx(y.value(b), abs=1e-4)
    assert {"won", "lost", "equal"} <= set(texts(marks))
    assert traded() is None
    crowd = traded(*(Traded(str(n), 0.0, 0.0, None) for n in range(20)))
    assert crowd.caption == "On the dotted line both are equal. 12 more systems not drawn."


def test_a_trade_whose_losses_are_small_has_an_axis_of_its_own_for_them():
    names = ("ResNet-50, low-pass", "ResNet-50, high-pass")
    points = [Traded(names[0], 0.36, 0.025, (0.02, 0.03)), Traded(names[1], 0.2, 0.05, None)]
    made = traded(*points)
    marks = read(made.text)
    x, y = across(marks, "0%", "40%", (0, 0.4)), upwards(marks, "0%", "4%", (0, 0.04))
    for dot, point in zip(drawn(marks, fill=MARK), points, strict=True):
        assert x.value(dot.at[0]) == pytest.approx(point.x, abs=1e-3)
        assert y.value(dot.at[1]) == pytest.approx(point.y, abs=1e-3)
    (even,) = drawn(marks, stroke_dasharray="1,3")
    ends = [(x.value(a), y.value(b)) for a, b in even.parts[0]]
    assert all(a == pytest.approx(b, abs=1e-3) for a, b in ends)
    assert max(ends)[0] >= 0.05, "as far as both axes go"
    assert {"low-pass", "high-pass"} <= set(texts(marks))
    assert "All names begin with ResNet-50." in made.caption
    alone = traded(Traded("A, b", 0.1, 0.1, None), Traded("A, ", 0.1, 0.1, None))
    assert "begin" not in alone.caption


def bundled(lines, places=(0.2, 0.8), worst=0.1):
    names = tuple(map(str, range(len(lines))))
    x = Axis("Distance", min(places), max(places), "distance")
    return bundle_plot(Bundle("x", names, places, lines, x, Axis("Utility", 0, 1), worst))


def test_a_bundle_keeps_its_mean_and_the_worst_lines():
    rows = [(n / 400, n / 400) for n in range(400)]
    made = bundled(rows)
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
    assert (
        made.caption
        == f"400 classes, {MOST_LINES} drawn. Thick: their mean. Dashed: the worst 10%."
    )
    assert {"0.2", "0.4", "0.8", "mean", "worst 10%"} <= set(texts(marks))


def test_a_bundle_follows_its_places_in_any_order():
    marks = read(bundled([(0.1, 0.0, 1.0)], (1.0, 0.0, 0.4)).text)
    x, y = across(marks, "0.0", "1.0", (0.0, 1.0)), upwards(marks, "0%", "100%", (0.0, 1.0))
    (line,) = drawn(marks, stroke=MARK)
    for a, b in line.parts[0]:
        wanted = np.interp(x.value(a), [0, 0.4, 1], [0, 1, 0.1])
        assert y.value(b) == pytest.approx(wanted, abs=0.03)
    assert bundled([(0.5, 0.5)], (0.8, 0.8)) is None
    assert bundled([]) is None


def test_dots_stand_in_their_rows():
    first = DotSeries("a", (Dot("domain", "news", Figure(0.9, (0.85, 0.95))),
                            Dot("domain", "mail", Figure(0.5, (0.4, 0.6))),
                            Dot("generator", "only", Figure(0.7))))  # fmt: skip
    second = DotSeries("b", (Dot("domain", "mail", Figure(0.2)),))
    made = dots_plot(Dots("TPR by slice", (first, second), Axis("TPR", 0, 1)))
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
    assert made.title == "TPR by slice"
    assert "by domain, a and b" in made.name
    assert made.caption == "Lines are intervals."
    alone = DotSeries("a", (Dot("domain", "news", Figure(0.9)),))
    assert dots_plot(Dots("t", (alone,), Axis("TPR", 0, 1))) is None
    assert dots_plot(Dots("t", (), Axis("TPR", 0, 1))) is None


def test_dots_of_another_unit_have_an_axis_of_their_own():
    series = DotSeries("a", (Dot("by", "x", Figure(-3.0, unit="m")), Dot("by", "y", Figure(9.0))))
    marks = read(dots_plot(Dots("t", (series,), Axis("metres", -10, 10, "m"))).text)
    x = across(marks, "−10", "10", (-10.0, 10.0))
    dots = [m for m in drawn(marks, fill="var(--series-1)") if m.tag == "circle"]
    assert sorted(x.value(dot.at[0]) for dot in dots)[-2:] == pytest.approx([-3, 9], abs=0.1)
