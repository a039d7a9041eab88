"""Stylesheet, scripts and fonts: small, whole, inert, and the fonts are those on record."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

import leaderboard_site
from leaderboard_site.making.assets import static_files

HERE = Path(leaderboard_site.__file__).parent
FONTS = tomllib.loads((HERE / "fonts/VENDORED.toml").read_text(encoding="utf-8"))["font"]
FILES = static_files()
SCRIPTS = [name for name in FILES if name.endswith(".js")]


def test_the_site_gets_its_files_in_a_fixed_order():
    assert list(FILES) == sorted(FILES)
    assert set(FILES) == {
        "static/early.js", "static/icon.svg", "static/site.js", "static/style.css",
        *(f"static/fonts/{font['file']}" for font in FONTS),
    }  # fmt: skip
    assert static_files() == FILES


def test_the_stylesheet_is_its_parts_in_order():
    parts = sorted((HERE / "styles").glob("*.css"))
    text = FILES["static/style.css"].decode()
    starts = [text.index(part.read_text(encoding="utf-8")) for part in parts]
    assert len(parts) > 5
    assert starts == sorted(starts)


@pytest.mark.parametrize("font", FONTS, ids=lambda font: font["family"])
def test_a_font_is_the_one_on_record_and_has_its_licence(font):
    content = FILES[f"static/fonts/{font['file']}"]
    assert hashlib.sha256(content).hexdigest() == font["sha256"]
    assert content.startswith(b"wOF2")
    licence = (HERE / "fonts" / font["licence_file"]).read_text(encoding="utf-8")
    assert font["licence"] == "OFL-1.1"
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


def test_every_font_that_the_stylesheet_names_is_there():
    style = FILES["static/style.css"].decode()
    named = set(re.findall(r'url\("(fonts/[^"]+)"\)', style))
    assert {f"static/{name}" for name in named} == {n for n in FILES if n.endswith(".woff2")}
    for font in FONTS:
        assert f'font-family: "{font["family"]}"' in style


def test_the_stylesheet_asks_nobody_for_anything():
    style = FILES["static/style.css"].decode()
    assert "@import" not in style
    addresses = re.findall(r"url\(([^)]*)\)", style)
    assert addresses
    assert all(re.match(r'"(fonts/|data:image/svg\+xml,)', address) for address in addresses)


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_or_code_from_text_or_asks_the_network(name):
    text = FILES[name].decode()
    banned = (
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
        "fetch(", "XMLHttpRequest", "import(", "setAttribute(\"on", ".style",
        "http:", "localStorage", "cookie",
    )  # fmt: skip
    assert [word for word in banned if word in text] == []
    assert not re.search(r"^\s*(import|export)\b", text, flags=re.MULTILINE)


def test_what_a_page_loads_is_small():
    sizes = {name: len(content) / 1024 for name, content in FILES.items()}
    assert sum(size for name, size in sizes.items() if name.endswith(".woff2")) <= 120
    assert len((HERE / "scripts/20-grid.js").read_bytes()) <= 13 * 1024
    assert sizes["static/style.css"] <= 32
    assert sum(sizes.values()) <= 200
