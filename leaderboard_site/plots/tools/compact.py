"""Vega's SVG cut down to what is seen: no groups, no ids, no classes but ours, short numbers.

Every coordinate ends up in the units of the ``viewBox``, so a picture can be read back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.etree import ElementTree

from leaderboard_site.plots.tools.paths import circle_of, moved, number

_SPACE = "{http://www.w3.org/2000/svg}"
_STYLE = frozenset(
    {
        "fill",
        "fill-opacity",
        "font-size",
        "font-style",
        "font-weight",
        "stroke",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
    }
)
_GEOMETRY = frozenset({"d", "transform", "x", "y", "x2", "y2", "width", "height"})
_DROPPED = frozenset(
    {
        "aria-hidden",
        "aria-label",
        "aria-roledescription",
        "class",
        "display",
        "font-family",
        "opacity",
        "pointer-events",
        "role",
        "stroke-miterlimit",
    }
)
_USUAL = {"stroke-width": "1", "text-anchor": "start", "font-weight": "normal"}
_HALO = re.compile(r"\bhalo\w*_marks\b")
_NUMBER = r"(-?[\d.]+(?:e-?\d+)?)"
_SHIFT = re.compile(rf"translate\({_NUMBER},{_NUMBER}\)")
_TURNED = re.compile(rf"(translate\([^)]*\)) ?rotate\({_NUMBER}\)(?: ?(translate\([^)]*\)))?")


class SvgError(Exception):
    """SVG that holds something that the site's pictures never hold."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A visible element: how it looks, where it is, and its text."""

    tag: str
    look: tuple[tuple[str, str], ...]
    place: tuple[tuple[str, str], ...]
    text: str = ""


def compact(text: str, *, kind: str, name: str) -> str:
    """One ``<svg>`` element with class ``plot plot-KIND`` and an accessible name.

    Layers whose name starts with ``halo`` get the class ``halo``. Raises :class:`SvgError` on an
    element, an attribute or a path command that is not known to be harmless.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise SvgError(f"not well-formed: {error}") from error
    width, height = number(float(root.attrib["width"])), number(float(root.attrib["height"]))
    made = ElementTree.Element(
        "svg",
        {
            "class": f"plot plot-{kind}",
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
            "role": "img",
            "aria-label": name,
            "fill": "none",
        },
    )
    leaves = [leaf for child in root for leaf in _leaves(child, (0.0, 0.0), halo=False)]
    for look, run in groupby(leaves, key=lambda leaf: leaf.look):
        _write(made, dict(look), _merged(list(run)))
    return ElementTree.tostring(made, encoding="unicode")


def _leaves(
    element: ElementTree.Element, at: tuple[float, float], *, halo: bool
) -> Iterator[_Leaf]:
    tag = element.tag.removeprefix(_SPACE)
    attributes = element.attrib
    unknown = attributes.keys() - _STYLE - _GEOMETRY - _DROPPED
    if unknown:
        raise SvgError(f"<{tag}> has the attribute {sorted(unknown)[0]!r}")
    if tag == "g":
        halo = halo or _HALO.search(attributes.get("class", "")) is not None
        inner = _shift(attributes.get("transform", ""), at)
        for child in element:
            yield from _leaves(child, inner, halo=halo)
    elif tag in ("path", "line", "rect", "text"):
        if _is_seen(tag, element):
            yield _leaf(tag, element, at, halo)
    else:
        raise SvgError(f"it has the element <{tag}>")


def _is_seen(tag: str, element: ElementTree.Element) -> bool:
    attributes = element.attrib
    if attributes.get("opacity", "1") == "0" or attributes.get("display") == "none":
        return False
    if tag == "text":
        return bool(element.text)
    paints = {attributes.get("fill", "none"), attributes.get("stroke", "none")}
    return bool(paints - {"none", "transparent"}) and attributes.get("d") != ""


def _shift(transform: str, at: tuple[float, float]) -> tuple[float, float]:
    if not transform:
        return at
    match = _SHIFT.fullmatch(transform.strip())
    if match is None:
        raise SvgError(f"transform {transform!r} is not a shift")
    return at[0] + float(match[1]), at[1] + float(match[2])


def _leaf(tag: str, element: ElementTree.Element, at: tuple[float, float], halo: bool) -> _Leaf:
    look = {
        key: value.removesuffix("px")
        for key, value in element.attrib.items()
        if key in _STYLE and value not in ("", _USUAL.get(key))
    }
    if look.get("fill") in ("none", "transparent"):
        del look["fill"]
    if opacity := element.attrib.get("opacity"):
        _fade(look, float(opacity))
    if tag == "text":
        return _text(element, look, at, halo)
    tag, place = _placed(tag, element.attrib, at)
    return _Leaf(tag, tuple(sorted(look.items())), tuple(place.items()))


def _fade(look: dict[str, str], opacity: float) -> None:
    if opacity < 1:
        for paint in {"fill", "stroke"} & look.keys():
            look[f"{paint}-opacity"] = f"{opacity:g}"


def _text(
    element: ElementTree.Element, look: dict[str, str], at: tuple[float, float], halo: bool
) -> _Leaf:
    if len(element):
        raise SvgError("a text has parts")
    if halo:
        look["class"] = "halo"
    transform = element.attrib.get("transform", "")
    turned = _TURNED.fullmatch(transform)
    if turned is None:
        x, y = _shift(transform, at)
        place = {"x": number(x), "y": number(y)}
    else:
        x, y = _shift(turned[1], at)
        dx, dy = _shift(turned[3] or "", (0.0, 0.0))
        angle = number(float(turned[2]))
        place = {
            "x": number(dx),
            "y": number(dy),
            "transform": f"translate({number(x)} {number(y)})rotate({angle})",
        }
    return _Leaf("text", tuple(sorted(look.items())), tuple(place.items()), element.text or "")


def _placed(
    tag: str, attributes: Mapping[str, str], at: tuple[float, float]
) -> tuple[str, dict[str, str]]:
    x, y = _shift(attributes.get("transform", ""), at)
    if tag == "rect":
        x, y = x + float(attributes.get("x", 0)), y + float(attributes.get("y", 0))
        size = {side: number(float(attributes[side])) for side in ("width", "height")}
        return tag, {"x": number(x), "y": number(y), **size}
    if tag == "line":
        across, down = float(attributes.get("x2", 0)), float(attributes.get("y2", 0))
        return "path", {"d": moved(f"M0,0L{across},{down}", x, y)}
    radius = circle_of(attributes["d"])
    if radius is not None:
        return "circle", {"cx": number(x), "cy": number(y), "r": number(radius)}
    try:
        return tag, {"d": moved(attributes["d"], x, y)}
    except ValueError as error:
        raise SvgError(str(error)) from error


def _merged(run: Sequence[_Leaf]) -> list[_Leaf]:
    """Neighbours that are drawn as strokes alone become one path."""
    merged: list[_Leaf] = []
    for leaf in run:
        last = merged[-1] if merged else None
        if last is not None and {last.tag, leaf.tag} == {"path"} and "fill" not in dict(leaf.look):
            d = dict(last.place)["d"] + dict(leaf.place)["d"]
            merged[-1] = _Leaf("path", leaf.look, (("d", d),))
        else:
            merged.append(leaf)
    return merged


def _write(root: ElementTree.Element, look: dict[str, str], leaves: Sequence[_Leaf]) -> None:
    alone = len(leaves) == 1
    parent = root if alone else ElementTree.SubElement(root, "g", look)
    for leaf in leaves:
        attributes = {**(look if alone else {}), **dict(leaf.place)}
        ElementTree.SubElement(parent, leaf.tag, attributes).text = leaf.text or None
