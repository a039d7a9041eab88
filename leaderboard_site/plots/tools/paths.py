"""SVG path data: moved to another place, written short."""

from __future__ import annotations

import re

_PART = re.compile(r"([A-DF-Za-df-z])([^A-DF-Za-df-z]*)")
"""A command with its numbers; ``e`` is no command but part of a number such as ``1.5e-7``."""

_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "A": 7, "Z": 0, "h": 1, "v": 1, "l": 2}
_CIRCLE = re.compile(r"M(?P<r>[\d.]+),0A(?P=r),(?P=r),0,1,1,-(?P=r),0A(?P=r),(?P=r),0,1,1,(?P=r),0")

_SPECK = "M0,0L0,0"


def number(value: float) -> str:
    """A length with at most one decimal: ``12``, ``12.5``, ``0`` and never ``-0``."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def circle_of(d: str) -> float | None:
    """The radius where a path is a circle around the origin."""
    match = _CIRCLE.fullmatch(d)
    return float(match["r"]) if match else None


def moved(d: str, dx: float, dy: float) -> str:
    """A path shifted by (dx, dy), with rounded numbers and without steps that go nowhere.

    A line of no length is kept as ``h0``: with round ends it is a dot. Raises ValueError on a
    command other than M L H V C A Z h v l.
    """
    if d == _SPECK:
        return f"M{number(dx)} {number(dy)}h0"
    parts: list[str] = []
    at = ("", "")
    for command, rest in _PART.findall(d):
        values = [float(value) for value in re.split(r"[ ,]+", rest.strip(" ,")) if value]
        if len(values) != _COUNTS.get(command, -1):
            raise ValueError(f"path command {command}{rest[:20]!r} is not known")
        if command in "MLHV":
            step, at = _step(command, values, (dx, dy), at)
            parts.append(step)
        elif command == "A":
            *shape, x, y = values
            at = (number(x + dx), number(y + dy))
            parts.append(command + " ".join([*map(number, shape), *at]))
        elif command == "C":
            places = [number(v + (dy if i % 2 else dx)) for i, v in enumerate(values)]
            at = (places[-2], places[-1])
            parts.append(command + " ".join(places))
        else:
            parts.append(command + " ".join(map(number, values)))
            at = ("", "")
    text = "".join(parts)
    return f"{text}h0" if len(parts) > 1 and text == parts[0] else text


def _step(
    command: str, values: list[float], by: tuple[float, float], at: tuple[str, str]
) -> tuple[str, tuple[str, str]]:
    """One M, L, H or V as text, and where it ends."""
    x = number(values[0] + by[0]) if command != "V" else at[0]
    y = number(values[-1] + by[1]) if command != "H" else at[1]
    if command == "M":
        return f"M{x} {y}", (x, y)
    if (x, y) == at:
        return "", at
    if y == at[1]:
        return f"H{x}", (x, y)
    if x == at[0]:
        return f"V{y}", (x, y)
    return f"L{x} {y}", (x, y)
