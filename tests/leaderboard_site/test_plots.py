"""Every picture fits a strict page, shows hostile names literally, and is the same each time."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import UsageError
from leaderboard_site.plots.tools import vega
from leaderboard_site.plots.tools.labels import label
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import PlotError, render
from tests.leaderboard_site.plot_reading import read, texts
from tests.leaderboard_site.plot_samples import KINDS, picture

PLAIN = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")
HOSTILE = (
    "<script>alert(1)</script>",
    "\"' onload='x'",
    "$\\frac{1}{2}",
    "javascript:a(1)",
    "\u202eltr\u200b",
    "{signal: x}",
    "datum.x']",
    "x\x00\ufffe\ud800y",
)
LARGEST = 25_000
ELEMENTS = {"svg", "g", "path", "rect", "circle", "text"}
ATTRIBUTES = {
    "aria-label", "class", "cx", "cy", "d", "fill", "fill-opacity", "font-size", "font-weight",
    "height", "r", "role", "stroke", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
    "stroke-opacity", "stroke-width", "text-anchor", "transform", "viewBox", "width", "x", "y",
}  # fmt: skip
COLOURS = re.compile(r"none|var\(--[a-z0-9-]+\)")


@pytest.mark.parametrize("names", [PLAIN, HOSTILE], ids=["plain", "hostile"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_holds_nothing_that_a_strict_page_refuses(kind, names):
    made = picture(kind, names)
    root = ElementTree.fromstring(made.text)
    assert {element.tag for element in root.iter()} <= ELEMENTS
    for element in root.iter():
        assert element.attrib.keys() <= ATTRIBUTES
        for paint in ("fill", "stroke"):
            assert COLOURS.fullmatch(element.get(paint, "none")), "a colour that dark cannot change"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == made.name
    assert root.attrib["class"] == f"plot plot-{kind}"
    assert root.attrib["viewBox"] == f"0 0 {root.attrib['width']} {root.attrib['height']}"
    assert 400 <= float(root.attrib["width"]) <= 640
    assert len(made.text.encode()) <= LARGEST
    assert made.__html__() is made.text


@pytest.mark.parametrize(
    ("kind", "most"),
    [("curves", 8), ("dots", 4), ("forest", 8), ("latency", 8), ("trade", 8), ("versions", 6)],
)
def test_every_name_stands_in_the_picture_as_text(kind, most):
    for names in (PLAIN, HOSTILE):
        shown = texts(read(picture(kind, names).text))
        for name in names[:most]:
            start = label(name)[:6]
            assert any(start in text for text in shown), f"{name!r} is not shown"


def test_hostile_text_is_escaped_in_names_too():
    made = picture("scatter", HOSTILE)
    assert HOSTILE[0] in made.name
    assert "<script" not in made.text
    assert "&lt;script&gt;" in made.text
    assert made.title == f"Items of {HOSTILE[0]}", "Jinja2 escapes titles and captions"


def test_a_very_long_name_is_cut():
    made = picture("forest", ["n" * 10_000, *PLAIN])
    assert len(made.text) < 6000
    assert max(map(len, texts(read(made.text)))) <= 60


@given(st.lists(st.text(min_size=1, max_size=30), min_size=2, max_size=8, unique=True))
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
def test_any_names_give_well_formed_xml(names):
    for kind in ("forest", "versions"):
        read(picture(kind, names).text)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_data_give_the_same_bytes_whatever_fonts_there_are(kind, monkeypatch):
    first = picture(kind, PLAIN).text
    assert picture(kind, PLAIN).text == first
    monkeypatch.setattr(vega, "THEME", {**vega.THEME, "font": "DejaVu Sans Mono"})
    assert picture(kind, PLAIN).text == first, "a text's width moved something"


def test_what_cannot_be_drawn_is_an_error_that_names_the_picture():
    broken = vega.chart(width=9, height=9, padding=(0, 0, 0, 0), x={}, y={}, layers=[])
    infinite = {**broken, "height": float("inf")}
    linked = {**broken, "layer": [{"data": {"values": [{"x": 1, "y": 1, "u": "https://a.b/"}]},
              "mark": "point", "encoding": {"href": {"field": "u"}}}]}  # fmt: skip
    outside = {**broken, "layer": [{"data": {"url": "https://a.b/c.json"}, "mark": "point"}]}
    for spec in (infinite, linked, outside):
        with pytest.raises(PlotError, match=r"the picture 'roc' \(ROC of tfidf\)"):
            render(spec, kind="roc", name="ROC of tfidf", title="", caption="")


def test_without_vl_convert_the_command_to_type_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(UsageError, match=r"pip install .*\[site\]'"):
        picture("forest", PLAIN)


def test_only_a_finished_picture_is_markup():
    from leaderboard_site.drawing.rendering import environment

    template = environment().from_string("{{ picture }}{{ picture.caption }}{{ name }}")
    made = template.render(picture=Svg("<svg/>", "n", "t", "a < b"), name="<b>")
    assert made == "<svg/>a &lt; b&lt;b&gt;"
