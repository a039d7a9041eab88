"""Reads a finished picture back: its texts, lines and dots with their places, and its axes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

Point = tuple[float, float]

_STEP = re.compile(r"([MLHVhvZA])([^A-Za-z]*)")


@dataclass(frozen=True)
class Mark:
    """One element with the attributes that it and the group around it have."""

    tag: str
    attributes: dict[str, str]
    text: str

    @property
    def at(self) -> Point:
        """Where a text or a circle stands."""
        x, y = ("cx", "cy") if self.tag == "circle" else ("x", "y")
        return float(self.attributes[x]), float(self.attributes[y])

    @property
    def parts(self) -> list[list[Point]]:
        """The subpaths of a path of straight lines."""
        return subpaths(self.attributes["d"])


def read(svg: str) -> list[Mark]:
    """Every element that is drawn, in order. The XML has to be well-formed."""
    found: list[Mark] = []

    def walk(element: ElementTree.Element, known: dict[str, str]) -> None:
        attributes = {**known, **element.attrib}
        if element.tag == "g":
            for child in element:
                walk(child, attributes)
        else:
            found.append(Mark(element.tag, attributes, element.text or ""))

    for child in ElementTree.fromstring(svg):
        walk(child, {})
    return found


def subpaths(d: str) -> list[list[Point]]:
    """Points of every subpath; arcs are left out."""
    found: list[list[Point]] = []
    x = y = 0.0
    for command, rest in _STEP.findall(d):
        values = [float(v) for v in re.split(r"[ ,]+", rest.strip()) if v]
        match command:
            case "M":
                x, y = values
                found.append([])
            case "L":
                x, y = values
            case "H":
                x = values[0]
            case "V":
                y = values[0]
            case "h":
                x += values[0]
            case "v":
                y += values[0]
            case _:
                continue
        found[-1].append((x, y))
    return found


def texts(marks: Sequence[Mark]) -> list[str]:
    """All texts."""
    return [mark.text for mark in marks if mark.tag == "text"]


def text_at(marks: Sequence[Mark], text: str, **attributes: str) -> Point:
    """Where the one text of these words stands."""
    found = [m for m in drawn(marks, **attributes) if m.tag == "text" and m.text == text]
    assert len(found) == 1, f"{text!r} is there {len(found)} times"
    return found[0].at


def drawn(marks: Sequence[Mark], **attributes: str) -> list[Mark]:
    """Marks that have these attributes; ``_`` stands for ``-`` in their names."""
    wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
    return [m for m in marks if wanted.items() <= m.attributes.items()]


@dataclass(frozen=True)
class Axis:
    """A scale read off two labelled ticks."""

    first: tuple[float, float]
    second: tuple[float, float]
    logarithmic: bool = False

    def value(self, place: float) -> float:
        """The value at a place in the picture."""
        (a, at_a), (b, at_b) = self.first, self.second
        share = (place - at_a) / (at_b - at_a)
        if self.logarithmic:
            return math.exp(math.log(a) + share * (math.log(b) - math.log(a)))
        return a + share * (b - a)


def across(marks: Sequence[Mark], low: str, high: str, values: Point, **more: bool) -> Axis:
    """The horizontal axis, from the places of two of its labels."""
    places = [text_at(marks, label, text_anchor="middle")[0] for label in (low, high)]
    return Axis((values[0], places[0]), (values[1], places[1]), **more)


def upwards(marks: Sequence[Mark], low: str, high: str, values: Point) -> Axis:
    """The vertical axis. Labels hang four units below the tick they belong to."""
    places = [text_at(marks, label, text_anchor="end")[1] - 4 for label in (low, high)]
    return Axis((values[0], places[0]), (values[1], places[1]))
