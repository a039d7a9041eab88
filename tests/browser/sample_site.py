"""A made-up board through the real templates: every figure is derived from its row's number."""

from __future__ import annotations

import random
from pathlib import Path

from leaderboard_site.drawing.rendering import environment
from leaderboard_site.making.assets import static_files
from leaderboard_site.tables.charts import make_axis
from leaderboard_site.tables.grid import Cell, Column, Facet, Grid, GridRow

ROWS = 60
SUITES = ("beir", "bright", "raid", "opis", "flips", "kadid")
LICENCES = ("Apache-2.0", "CC-BY-NC-4.0", "Llama", "MIT", "proprietary")
EVIDENCE = (("●", "reproduced"), ("◐", "recomputed"), ("○", "self-reported"))
FAMILIES = ("bge", "colbert", "jina", "minilm", "mxbai", "qwen", "Électre")
MISSING = "the target FPR cannot be reached: the scores have only 12 distinct values"

PAGE = """{% extends "base.html.j2" %}
{% from "_grid.html.j2" import grid_table with context %}
{% set here = page %}
{% block title %}Made up{% endblock %}
{% block content %}
<h1>Which system should I use, and how sure are we?</h1>
<p class="lead">{{ grids[0].total }} made-up systems on six suites.
The first 7 cannot be told apart at the 95% level; treat them as tied.</p>
{% for grid in grids %}
<section aria-labelledby="title-{{ grid.id }}">
<h2 id="title-{{ grid.id }}">Table {{ loop.index }}</h2>
{{ grid_table(grid) }}
</section>
{% endfor %}
{% endblock %}
"""


def columns() -> tuple[Column, ...]:
    scores = (
        Column(key=name, head=name.upper(), sub="incons. ↓" if name == "opis" else "nDCG@10 ↑",
               kind="number", priority=3 if name in ("flips", "kadid") else 2)
        for name in SUITES
    )  # fmt: skip
    return (
        Column(key="rank", head="Rank", sub="95% interval"),
        Column(key="system", head="System", kind="system"),
        Column(key="evidence", head="Evidence", priority=2),
        Column(key="licence", head="Licence", priority=3),
        Column(key="params", head="Params", sub="billions", kind="number", optional=True),
        Column(key="mean", head="Mean", sub="± 95% CI", kind="number", title="Mean of all suites"),
        Column(key="ci", head="Interval", kind="whisker", sortable=False, priority=2),
        *scores,
    )


def rows(number: int) -> tuple[GridRow, ...]:
    chance = random.Random(20240)
    axis = make_axis([0.2, 0.95])
    assert axis is not None
    found = []
    for i in range(number):
        mean = 0.86 - i * 0.5 / number
        half = 0.01 + chance.random() * 0.04
        family, org = FAMILIES[i % len(FAMILIES)], f"org{i % 9}"
        glyph, evidence = EVIDENCE[i % 3]
        licence = LICENCES[i * 3 % 5]
        values = [mean + chance.uniform(-0.1, 0.1) for _ in SUITES]
        cells = [
            Cell(f"{max(1, i - 3)}–{i + 4}", sort=i + 1),
            Cell(f"{family}-reranker-{i:03}", sort=f"{family}-reranker-{i:03}", small=org,
                 page="data/index.html"),
            Cell(evidence, sort=i % 3, glyph=glyph),
            Cell(licence, sort=licence),
            Cell(f"{0.02 * (i + 1):.2f}", sort=0.02 * (i + 1)),
            Cell(f"{mean * 100:.1f}", sort=mean, small=f"±{half * 100:.1f}", best=i == 0),
            Cell("", whisker=axis.whisker(mean, (mean - half, mean + half))),
            *(score(v, missing=i % 11 == 5 and j == 2) for j, v in enumerate(values)),
        ]  # fmt: skip
        kind = "first-stage" if i == 20 else "withdrawn" if i == 12 else ""
        if i == 20:
            cells[1] = Cell("bm25", sort="bm25", small="first stage", page="data/index.html")
        found.append(
            GridRow(id=f"{org}__{family}-{i:03}", name=cells[1].text, cells=tuple(cells),
                    facets={"family": family, "licence": licence, "evidence": evidence}, kind=kind)
        )  # fmt: skip
    return tuple(found)


def score(value: float, *, missing: bool) -> Cell:
    if missing:
        return Cell("–", note=1, reason=MISSING)
    return Cell(f"{value * 100:.1f}", sort=value, shade=max(0, min(6, int(value * 10) - 2)),
                best=value > 0.93)  # fmt: skip


def make_grid(*, id: str = "board", number: int = ROWS, cut: int | None = None) -> Grid:
    """A board of ``number`` rows; with ``cut`` only the first of them are in it."""
    axis = make_axis([0.2, 0.95])
    assert axis is not None
    return Grid(
        id=id,
        caption=f"Mean and score of each suite of {number} made-up systems, best first. Shading: "
        "fixed steps of each column; darker is better.",
        columns=columns(),
        rows=rows(number)[:cut],
        total=number,
        full_page="" if cut is None else "all.html",
        facets=(
            Facet("family", "Family", tuple(sorted(FAMILIES))),
            Facet("licence", "Licence", LICENCES),
            Facet("evidence", "Evidence", tuple(word for _, word in EVIDENCE)),
        ),
        axis=axis,
        reference=axis.place(0.62),
        notes=(MISSING,),
        sorted_by="mean",
    )


def hostile_grid() -> Grid:
    """Names and figures that a spreadsheet would take for formulas, and numbers that are none."""
    names = ("=1+1", "+1", "-1+cmd", "@SUM(A1)", 'a "quoted", name', "two\nlines", "<b>bold</b>")
    gains = ("+0.4", "−3.2", "=2", "-2+3", "–", "1,200", "5")
    return Grid(
        id="board",
        caption="Hostile",
        columns=(Column("system", "System", kind="system"), Column("gain", "Gain", kind="number")),
        rows=tuple(
            GridRow(f"r{i}", name, (Cell(name, sort=name), Cell(gain, sort=float(i))))
            for i, (name, gain) in enumerate(zip(names, gains, strict=True))
        ),
        total=len(names),
    )


def write_sample_site(folder: Path) -> Path:
    """One table, a cut one with its full page, and two tables on a page."""
    pages = {
        "index.html": [make_grid()],
        "cut.html": [make_grid(cut=20)],
        "all.html": [make_grid()],
        "two.html": [make_grid(id="one", number=8), make_grid(id="two", number=9)],
        "large.html": [make_grid(number=500)],
        "hostile.html": [hostile_grid()],
        "data/index.html": [make_grid(id="tiny", number=2)],
    }
    files = {name: render(name, grids).encode() for name, grids in pages.items()} | static_files()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def render(name: str, grids: list[Grid]) -> str:
    """A page of nothing but tables."""
    return environment().from_string(PAGE).render(
        page=name, grids=grids, root="../" * name.count("/"), suites=(), version="0",
    )  # fmt: skip
