"""Parts of pictures: names kept apart, lines made short, axes made round, SVG cut down."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.exhibits import Axis
from leaderboard_site.plots.tools.compact import SvgError, compact
from leaderboard_site.plots.tools.labels import LINE, fit, label, text_width
from leaderboard_site.plots.tools.lines import simplified, stairs
from leaderboard_site.plots.tools.paths import moved, number
from leaderboard_site.plots.tools.placing import Box, place, spread
from leaderboard_site.plots.tools.rulers import ruler
from leaderboard_site.plots.tools.scales import tight, zoomed
from tests.leaderboard_site.plot_reading import read, subpaths

within = st.floats(0, 200, allow_nan=False)
finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(within, max_size=12))
def test_spread_places_keep_their_order_and_distance(wanted):
    places = spread(wanted, gap=14, low=0, high=200)
    assert len(places) == len(wanted)
    assert all(-1e-9 <= p <= 200 + 1e-9 for p in places)
    ordered = [p for _, p in sorted(zip(wanted, places, strict=True))]
    assert all(b - a >= 14 - 1e-6 for a, b in pairwise(ordered))


def test_spread_moves_nothing_that_is_apart_and_as_little_as_can_be_else():
    assert spread([10, 50, 120], gap=14, low=0, high=200) == [10, 50, 120]
    assert spread([50, 50], gap=14, low=0, high=200) == [43, 57]
    assert spread([], gap=14, low=0, high=200) == []
    assert spread([5.0] * 3, gap=14, low=0, high=10) == [0, 5, 10], "no room: the gap shrinks"


def shared_area(one, other):
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, across) * max(0.0, down)


@given(st.lists(st.tuples(within, within), min_size=1, max_size=8))
def test_names_of_a_few_points_never_overlap_and_stay_inside(points):
    spots = [(x, y, f"name-{n}") for n, (x, y) in enumerate(points)]
    area = Box(-60, 260, -20, 220)
    names = place(spots, taken=[], area=area)
    assert [name.text for name in names] == [text for _, _, text in spots]
    for first, second in combinations(names, 2):
        assert shared_area(first.box, second.box) == 0
    for name in names:
        size = (name.box.right - name.box.left) * LINE
        assert shared_area(name.box, area) == pytest.approx(size)


def test_a_name_stands_right_of_its_point_unless_something_is_there():
    area = Box(0, 300, 0, 100)
    (free,) = place([(50, 50, "name")], taken=[], area=area)
    assert (free.anchor, free.y, free.far) == ("start", 50, False)
    (edge,) = place([(295, 50, "name")], taken=[], area=area)
    assert edge.anchor == "end"
    (blocked,) = place([(50, 50, "name")], taken=[Box(52, 120, 40, 60)], area=area)
    assert blocked.anchor == "end"


@given(st.text(max_size=400))
def test_labels_are_one_short_visible_line(text):
    said = label(text, most=40)
    assert 1 <= len(said) <= 40
    assert "\n" not in said
    assert not set(said) & {"\u202e", "\u200b", "\x00", "\ufffe"}


def test_labels_show_what_would_turn_or_hide_text():
    assert label("a\u202eb") == "a⟨U+202E⟩b"
    assert label(" a\n\tb ") == "a b"
    assert label("\ufffe") == "⟨U+FFFE⟩"
    assert label("") == "–"
    assert fit("short", 200) == "short"
    cut = fit("w" * 90, 100)
    assert cut.endswith("…")
    assert text_width(cut) <= 100
    assert text_width("漢字") > text_width("ab")


def test_simplified_lines_stay_within_a_distance_of_every_point():
    across = np.linspace(0, 300, 400)
    points = list(zip(across.tolist(), (100 * np.sin(across / 30)).tolist(), strict=True))
    kept = simplified(points, within=0.5)
    assert len(kept) < 80
    xs, ys = zip(*kept, strict=True)
    for x, y in points:
        assert abs(np.interp(x, xs, ys) - y) <= 2, "vertical distance of a slope of at most 3.3"
    assert simplified([(0.0, 0.0), (1.0, 1.0)]) == [(0.0, 0.0), (1.0, 1.0)]
    assert simplified([(0, 0), (5, 5), (0, 0)]) == [(0, 0), (5, 5), (0, 0)]


def test_stairs_keep_every_corner_that_can_be_seen():
    points = [(0, 0), (0, 10), (10, 10), (10, 10.1), (12, 10.1), (20, 10), (20, 30), (20, 40)]
    assert stairs(points) == [(0, 0), (0, 10), (20, 10), (20, 40)]
    assert stairs([(3, 3)]) == [(3, 3)]
    assert stairs([(3, 3), (3, 3.1)]) == [(3, 3)]


@given(st.lists(finite, min_size=1, max_size=20))
def test_axes_hold_every_value_and_a_few_round_ticks(values):
    for scale, most in ((zoomed(values), 9), (tight(values), 9)):
        assert all(-1e-9 <= scale.share(value) <= 1 + 1e-9 for value in values)
        assert len(scale.ticks) <= most
        assert len(set(scale.tick_texts())) == len(scale.ticks)
        assert all(-1e-9 <= scale.share(tick) <= 1 + 1e-9 for tick in scale.ticks)
    assert len(zoomed(values).ticks) >= 2


shares = st.floats(-1, 1, allow_nan=False)
ends = st.none() | finite


@given(
    st.tuples(ends, ends),
    st.lists(finite, max_size=9),
    st.sampled_from(["m", "s"]),
)
def test_a_ruler_holds_what_fits_its_axis(given_ends, values, unit):
    low, high = given_ends
    assume(low is None or low != high)
    axis = Axis("t", low, high, unit)
    found = ruler(axis, values)
    check(found)
    for given_end, end in ((low, found.low), (high, found.high)):
        wide = abs(found.high - found.low)
        assert given_end is None or end == pytest.approx(given_end, abs=max(1e-9, wide))
    if low is None and high is None:
        assert all(found.holds(value) for value in values)


@given(st.lists(shares, min_size=1, max_size=9))
def test_an_axis_of_shares_goes_no_further_than_shares_do(values):
    found = ruler(Axis("t"), values)
    check(found)
    assert all(text.endswith("%") for text in found.texts)
    assert all(found.holds(value) for value in values)
    assert found.low >= 0 or min(values) < 0


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9), st.none() | st.floats(1e-9, 1e9))
def test_a_logarithmic_ruler_has_a_tick_where_curves_are_compared(low, high, rule):
    found = ruler(Axis("t", low, high, log=True), [], rule=rule)
    check(found)
    assert rule is None or not found.holds(rule) or rule in found.ticks
    assert found.share(math.sqrt(found.low * found.high)) == pytest.approx(0.5)


def check(found):
    """Ticks on the axis, told apart; places and values lead to each other."""
    assert 1 <= len(found.ticks) <= 9
    assert len(set(found.texts)) == len(found.texts) == len(found.ticks)
    assert all(-1e-6 <= found.share(tick) <= 1 + 1e-6 for tick in found.ticks)
    assert (found.share(found.low), found.share(found.high)) == (0, 1)
    for share in (0.0, 0.3, 1.0):
        assert found.share(found.value(share)) == pytest.approx(share, abs=1e-6)


def test_rulers_by_hand():
    assert ruler(Axis("t", 0, 1), []).texts == ("0%", "25%", "50%", "75%", "100%")
    assert ruler(Axis("t", 0.001, 1, log=True), [], rule=0.05).texts == (
        "0.1%", "1%", "5%", "10%", "100%",
    )  # fmt: skip
    assert ruler(Axis("t", 5, 1, "level"), []).texts == ("1", "2", "3", "4", "5")
    assert ruler(Axis("t", -2e6, 2e6, "m"), []).texts[0] == "−2e+06"


def test_axes_by_hand():
    assert zoomed([31, 58]).tick_texts() == ("30", "40", "50", "60")
    assert zoomed([0, 2]).tick_texts() == ("0.0", "0.5", "1.0", "1.5", "2.0")
    assert tight([-1.2, 3.9]).ticks == (0.0, 2.0, 4.0)
    assert tight([-3.0, 0.0]).tick_texts() == ("−3", "−2", "−1", "0")


def test_paths_are_moved_and_written_short():
    assert moved("M0,225L133.333,125L400,125L400,0", 41, 11) == "M41 236L174.3 136H441V11"
    assert moved("M0,0L0,0", 3.04, 4) == "M3 4h0"
    assert moved("M1,1L1.01,1.02L1,1", 0, 0) == "M1 1h0", "a dot stays a dot"
    assert moved("M-3,-3h6v6h-6Z", 10, 20) == "M7 17h6v6h-6Z"
    assert moved("M1,0A1,2,0,1,1,-1,0", 5, 5) == "M6 5A1 2 0 1 1 4 5"
    assert moved("M0,0C1,2,3,4,5,6", 1, 1) == "M1 1C2 3 4 5 6 7"
    assert (number(-0.04), number(12.0), number(12.34)) == ("0", "12", "12.3")
    for bad in ("M0,0Q1,1,2,2", "M0", "m1,1", "M0,0L1"):
        with pytest.raises(ValueError, match="not known"):
            moved(bad, 0, 0)


@given(st.lists(st.tuples(finite, finite), min_size=2, max_size=20))
def test_a_moved_line_goes_through_the_moved_points(points):
    d = "M" + "L".join(f"{x:.3f},{y:.3f}" for x, y in points)
    (line,) = subpaths(moved(d, 7, -3))
    for x, y in points:
        assert any(abs(a - x - 7) < 0.06 and abs(b - y + 3) < 0.06 for a, b in line)


def svg(inner: str) -> str:
    space = 'xmlns="http://www.w3.org/2000/svg"'
    return f'<svg {space} width="100" height="50" viewBox="0 0 100 50">{inner}</svg>'


def test_groups_become_places():
    drawn = svg(
        '<g transform="translate(10,5)"><g transform="translate(1,2)" role="graphics-symbol">'
        '<line transform="translate(3,0)" x2="0" y2="4" stroke="red" opacity="1"/>'
        '<text transform="translate(2,2)" fill="red" font-size="12px" font-family="x">a</text>'
        '<rect x="1" y="1" width="4" height="5" fill="red"/>'
        '<path d="M2,0A2,2,0,1,1,-2,0A2,2,0,1,1,2,0" transform="translate(9,9)" fill="red"/>'
        "</g></g>"
    )
    marks = read(compact(drawn, kind="k", name="n"))
    assert [m.tag for m in marks] == ["path", "text", "rect", "circle"]
    assert marks[0].parts == [[(14, 7), (14, 11)]]
    assert (marks[1].at, marks[1].text) == ((13, 9), "a")
    assert marks[2].at == (12, 8)
    assert (marks[3].at, marks[3].attributes["r"]) == ((20, 16), "2")


def test_what_is_not_seen_is_left_out_and_strokes_of_one_look_are_one_path():
    drawn = svg(
        '<path d="M0,0h9" fill="none"/><path d="" stroke="red"/><text fill="red"></text>'
        '<text fill="red" opacity="0">gone</text><path d="M0,0h1" stroke="red" display="none"/>'
        '<path d="M0,0L1,1" stroke="red"/><path d="M2,2L3,3" stroke="red" stroke-width="1"/>'
        '<path d="M4,4L5,5" stroke="red" opacity="0.5"/>'
    )
    marks = read(compact(drawn, kind="k", name="n"))
    assert [m.attributes["d"] for m in marks] == ["M0 0L1 1M2 2L3 3", "M4 4L5 5"]
    assert marks[1].attributes["stroke-opacity"] == "0.5"


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        '<a href="https://a.b/"><path d="M0,0h1" stroke="red"/></a>',
        '<image href="https://a.b/x.png"/>',
        '<path d="M0,0h1" stroke="red" style="fill:red"/>',
        '<path d="M0,0h1" stroke="red" onclick="alert(1)"/>',
        '<g clip-path="url(#clip1)"><path d="M0,0h1" stroke="red"/></g>',
        '<path id="a" d="M0,0h1" stroke="red"/>',
        '<path d="M0,0h1" stroke="red" transform="scale(2)"/>',
        '<path d="M0,0Q1,1,2,2" stroke="red"/>',
        '<text fill="red">a<tspan>b</tspan></text>',
        '<foreignObject><b xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>',
        "<path",
    ],
)
def test_svg_of_another_make_is_refused(inner):
    with pytest.raises(SvgError):
        compact(svg(inner), kind="k", name="n")


def test_numbers_next_to_nothing_are_read_as_such():
    assert moved("M1.5e-7,2L3,4.5E-9", 1, 1) == "M1 3L4 1"
