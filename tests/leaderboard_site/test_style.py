"""The stylesheet's colours: text and lines can be told from their ground in every scheme."""

from __future__ import annotations

import re

import pytest

from leaderboard_site.making.assets import static_files

STYLE = static_files()["static/style.css"].decode()
SCHEMES = ("light", "dark", "print")
TEXT = 4.5
"""WCAG 2.2, success criterion 1.4.3, contrast of text (level AA)."""
GRAPHICS = 3.0
"""WCAG 2.2, success criterion 1.4.11, contrast of controls and graphics (level AA)."""
SERIES = tuple(f"--series-{number}" for number in range(1, 6))
SHADES = tuple(f"--shade-{number}" for number in range(7))


def palettes() -> dict[str, dict[str, str]]:
    """Scheme -> token -> colour, from every ``:root`` of the stylesheet."""
    blocks = re.findall(r"(?:@media ([^{]*) \{\s*)?:root \{(.*?)\}", STYLE, flags=re.DOTALL)
    found: dict[str, dict[str, str]] = {"": {}, "dark": {}, "print": {}}
    for media, block in blocks:
        scheme = next((name for name in ("dark", "print") if name in media), "")
        found[scheme] |= dict(re.findall(r"(--[\w-]+): (#\w+);", block))
    light = found[""]
    return {"light": light, "dark": light | found["dark"], "print": light | found["print"]}


def test_every_scheme_has_colours_of_its_own():
    light, dark, paper = palettes().values()
    assert light["--paper"] != paper["--paper"] == "#fff"
    kept = {token for token in light if light[token] == dark[token]}
    assert kept == set()
    assert light.keys() == dark.keys() == paper.keys()


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


def test_contrast_of_a_grey_as_published():
    """#767676 is the darkest grey that WebAIM and the W3C name as just enough on white: 4.54."""
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("name", SCHEMES)
def test_ink_is_readable_on_every_shade(name):
    palette = palettes()[name]
    beyond = [token for token in palette if token.startswith("--beyond-")]
    assert beyond
    for ground in (*SHADES, *beyond, "--paper", "--band"):
        assert contrast(palette["--ink"], palette[ground]) >= TEXT, ground


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("text", ["--muted", "--link", "--gain", "--loss", *SERIES])
def test_coloured_text_is_readable_on_paper_and_band(name, text):
    palette = palettes()[name]
    for ground in ("--paper", "--band"):
        assert contrast(palette[text], palette[ground]) >= TEXT, ground


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("line", ["--control", "--reference", "--mark"])
def test_lines_and_edges_can_be_seen(name, line):
    palette = palettes()[name]
    for ground in ("--paper", "--band"):
        assert contrast(palette[line], palette[ground]) >= GRAPHICS, ground


@pytest.mark.parametrize("name", SCHEMES)
def test_shades_grow_away_from_the_paper(name):
    palette = palettes()[name]
    steps = [contrast(palette[shade], palette["--paper"]) for shade in SHADES]
    assert steps == sorted(steps)
    assert len(set(steps)) == 7


def test_every_colour_is_a_token():
    """Dark and print change the tokens alone, so a colour written elsewhere would stay behind."""
    rules = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)
    rules = re.sub(r'url\("[^"]*"\)|/\*.*?\*/', "", rules, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", rules) == []
    assert not re.search(r"\b(?:rgb|hsl|oklch|color-mix)\(", rules)


def test_every_token_that_is_used_is_defined():
    used = set(re.findall(r"var\((--[\w-]+)", STYLE))
    defined = set(re.findall(r"(--[\w-]+):", STYLE))
    assert used - defined == set()
