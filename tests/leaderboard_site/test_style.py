"""The stylesheet's colours: text is readable in light, in dark and on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import leaderboard_site

STYLE = (Path(leaderboard_site.__file__).parent / "static/style.css").read_text(encoding="utf-8")
ENOUGH = 4.5
"""WCAG 2.2, success criterion 1.4.3, contrast of text (level AA)."""


def palettes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)
    light, dark, paper = (dict(re.findall(r"(--[\w-]+): (#\w+);", block)) for block in blocks)
    return {"light": light, "dark": light | dark, "print": light | paper}


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(d * 2 for d in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white():
    assert contrast("#000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_text_is_readable_on_every_ground_it_stands_on(name):
    palette = palettes()[name]
    shades = [colour for token, colour in palette.items() if token.startswith("--shade-")]
    assert len(shades) == 7
    for ground in (*shades, palette["--paper"], palette["--band"]):
        assert contrast(palette["--ink"], ground) >= ENOUGH
    for text in ("--muted", "--link", "--gain", "--loss"):
        for ground in ("--paper", "--band"):
            assert contrast(palette[text], palette[ground]) >= ENOUGH, (text, ground)


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_shades_grow_away_from_the_paper(name):
    palette = palettes()[name]
    steps = [contrast(palette[f"--shade-{i}"], palette["--paper"]) for i in range(7)]
    assert steps == sorted(steps)
    assert len(set(steps)) == 7
