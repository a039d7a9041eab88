"""Tables and charts as files for a paper: the same figures, whole, and inert whatever a name is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from leaderboard_site.build import build_site
from leaderboard_site.drawing.standalone import SCALE, png_file, svg_file
from leaderboard_site.taking.beside import with_files
from leaderboard_site.taking.latex import latex_table, latex_text
from leaderboard_site.taking.markdown import markdown_table
from leaderboard_site.taking.sheets import Sheet, SheetCell, sheet_of
from tests.leaderboard_site.conftest import write_sample_board
from tests.leaderboard_site.links import broken_links

HOSTILE = (
    r"\input{/etc/passwd}", r"\write18{x}", "a & b % c", "$x^2$", "#1_2~3", "{", "}",
    "a|b", "`code`",
    "[x](javascript:alert(1))", "![x](https://a.example/x.png)", "<script>alert(1)</script>",
    "@somebody and #12", "https://a.example/", "www.example.org", "**bold** _it_ ~~no~~",
    "\\", "\\\\",
    "--", "?`", "[2cm]", "*", "a\\|b", "&amp;", "$a$ and $b$", "x -->", "^^41", "''",
    "a\nb", "日本語",
)  # fmt: skip
STYLED = ("var(--nothing)", 'x fill="var(--ink)" class="halo"')
OURS = {"p", "table", "thead", "tbody", "tr", "th", "td", "strong", "ol", "li", "span"}
ALPHA = "tasks/reranking.invented.alpha"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taken")
    records = write_sample_board(folder / "records")
    return build_site(records, folder / "site", pictures=True).parent


class Tables(HTMLParser):
    """Rows of the tables of rendered Markdown, and every tag that is in them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def rendered(data: bytes) -> Tables:
    return Tables(
        cmarkgfm.github_flavored_markdown_to_html(data.decode(), Options.CMARK_OPT_UNSAFE)
    )


def latex_rows(data: bytes) -> list[list[str]]:
    """Cells of every row of the ``tabular``, as TeX would part them: braces and escapes counted."""
    text = data.decode()
    assert depth(text) == 0
    begin = re.search(r"\\begin\{tabular\}\{([lr]+)\}\n", text)
    assert begin is not None
    body = text[begin.end() : text.index("\\end{tabular}")]
    found: list[list[str]] = []
    for line in body.splitlines():
        if line in ("\\toprule", "\\midrule", "\\bottomrule"):
            continue
        assert line.endswith(" \\\\")
        cells = re.split(r"(?<!\\)&", line.removesuffix(" \\\\"))
        spans = [re.match(r" ?\\multicolumn\{(\d+)\}", cell) for cell in cells]
        assert sum(1 if s is None else int(s[1]) for s in spans) == len(begin[1])
        assert not re.match(r"\s*[\[*]", cells[0])
        found.append([cell.strip() for cell in cells])
    return found


def depth(text: str) -> int:
    """How many braces are open at the end; never fewer than none."""
    level = 0
    for line in text.splitlines():
        bare = re.sub(r"\\.", "", line)
        bare = bare.partition("%")[0]
        for sign in bare:
            level += (sign == "{") - (sign == "}")
            assert level >= 0
    return level


def plain(tex: str) -> str:
    """What a text of ours says once TeX has set it: read back by its own rules."""
    for command, sign in (
        (r"\textbackslash{}", "\\"), (r"\textasciitilde{}", "~"), (r"\textasciicircum{}", "^"),
        (r"\textless{}", "<"), (r"\textgreater{}", ">"), (r"\textbar{}", "|"),
        (r"\textasciigrave{}", "`"), (r"\char34{}", '"'),
    ):  # fmt: skip
        tex = tex.replace(command, f"\0{ord(sign)}\0")
    tex = tex.replace("{}", "")
    tex = re.sub(r"\\([{}&%$#_])", r"\1", tex)
    return re.sub("\0(\\d+)\0", lambda found: chr(int(found[1])), tex)


def sheet(text: str) -> Sheet:
    """The sheet of a table as templates write it, whose every text is this one."""
    said = escape(text)
    return sheet_of(
        f"<table><caption><span>{said}</span></caption><thead><tr><th>{said}</th>"
        f'<th class="figure">n</th></tr></thead><tbody><tr><th>{said} <small>{said}</small></th>'
        f'<td class="figure"><b>1.5</b> <small>[1.0, 2.0]</small></td></tr></tbody></table>',
        f'<ol class="notes"><li id="note-x-1">{said}</li></ol>',
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_command_or_markup(text: str) -> None:
    made = sheet(text)
    flat = " ".join(text.split())
    assert made.rows[0][0] == SheetCell(flat, flat)
    (head, row) = latex_rows(latex_table(made, source="x"))
    assert len(head) == len(row) == 2
    commands = set(re.findall(r"\\([a-z]+)", latex_table(made, source="x").decode()))
    assert not commands & {"input", "write", "x"}
    assert plain(latex_text(flat)) == flat
    page = rendered(markdown_table(made))
    assert page.tags <= {
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "strong",
        "ol",
        "li",
        "span",
    }
    assert len(page.rows) == 2
    assert {len(row) for row in page.rows} == {2}
    assert shown(page.rows[1][0]) == (
        f"{flat} ({flat})" if not flat.startswith("[") else f"{flat} {flat}"
    )


def shown(text: str) -> str:
    return text.replace("\N{ZERO WIDTH SPACE}", "")


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_text_leaves_braces_and_cells_whole(text: str) -> None:
    rows = latex_rows(latex_table(sheet(text), source="x"))
    assert all(len(row) == 2 for row in rows)
    page = rendered(markdown_table(sheet(text)))
    assert [len(row) for row in page.rows] == [2, 2]


def test_figures_are_those_of_the_csv(site: Path) -> None:
    """Value and interval of every system, by the board's CSV, rounded here."""
    with (site / "data/board.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["task"] == "reranking/invented/alpha"
            and row["primary"] == "true"
            and not row["limit"]
        ]
    expected = {
        row["name"]: "{:.1f} [{:.1f}, {:.1f}]".format(
            *(100 * float(row[key]) for key in ("value", "low", "high"))
        )
        for row in rows
    }
    assert len(expected) == 7
    ranks = {row["name"]: (row["rank_best"], row["rank_worst"]) for row in rows if row["rank_best"]}
    names = list(expected)

    table = rendered((site / f"{ALPHA}.table-1.md").read_bytes()).rows
    found = {next((n for n in names if row[1].startswith(n)), ""): row for row in table[1:]}
    assert {name: found[name][2] for name in names} == expected
    for name, (best, worst) in ranks.items():
        assert found[name][0] == (best if best == worst else f"{best}–{worst}")

    tex = latex_rows((site / f"{ALPHA}.table-1.tex").read_bytes())
    bare = [
        [re.sub(r"\\(?:footnotesize|textbf)|[{}]", "", cell).strip() for cell in row] for row in tex
    ]
    by_name = {next((n for n in names if row[1].startswith(n)), ""): row for row in bare[1:]}
    assert {name: " ".join(by_name[name][2].split()) for name in names} == expected


def test_every_table_file_of_a_site_is_whole(site: Path) -> None:
    files = sorted(site.rglob("*.tex"))
    assert len(files) >= 10
    for path in files:
        tex = latex_rows(path.read_bytes())
        page = rendered(path.with_suffix(".md").read_bytes())
        assert len({len(row) for row in page.rows}) == 1
        heads = 2 if tex[1][0].startswith("{\\footnotesize") or not tex[1][0] else 1
        assert len(tex) - heads == len(page.rows) - 1, path
        assert b"<!--" not in path.read_bytes().replace(b"% ", b"")


def test_no_slot_is_left_in_a_page(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert "<!--" not in page.read_text(encoding="utf-8"), page


def test_ranks_of_a_system_are_in_its_files(site: Path) -> None:
    page = site / "m/local__invented-large/index.html"
    ranks = re.findall(r"<td>(\d+(?:–\d+)?)</td>", page.read_text(encoding="utf-8"))
    assert ranks
    row = rendered((page.parent / "table-1.md").read_bytes()).rows
    assert [cells[2] for cells in row[1:] if cells[2] != "–"][: len(ranks)] == ranks
    tex = latex_rows((page.parent / "table-1.tex").read_bytes())
    assert [cells[2] for cells in tex if re.match(r"\d", cells[2])][: len(ranks)] == ranks


def test_charts_are_whole_files_that_fetch_and_run_nothing(site: Path) -> None:
    files = sorted(site.rglob("*.chart-*.svg")) + sorted(site.rglob("chart-*.svg"))
    files += sorted(site.rglob("*.picture*.svg"))
    assert len(files) >= 4
    for path in files:
        root = ElementTree.fromstring(path.read_bytes())
        names = {element.tag.partition("}")[2] for element in root.iter()}
        assert names <= {"svg", "title", "desc", "rect", "g", "path", "circle", "text"}
        for element in root.iter():
            for key, value in element.attrib.items():
                assert "var(" not in value
                assert "url" not in value
                assert "//" not in value
                assert not key.startswith("on")
                assert key not in ("class", "href", "style")
        assert root[0].tag.endswith("title")
        assert root[0].text
        assert root[1].text
    pictures = sorted((site / "tasks").glob("*.png"))
    assert pictures
    for path in pictures:
        root = ElementTree.fromstring(path.with_suffix(".svg").read_bytes())
        with Image.open(path) as image:
            image.load()
            size = (float(root.attrib["width"]) * SCALE, float(root.attrib["height"]) * SCALE)
            assert image.size == size
            assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
            assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 8


def test_pictures_are_made_on_demand_and_linked(
    site: Path, sample_board: Path, tmp_path: Path
) -> None:
    bare = build_site(sample_board, tmp_path / "bare").parent
    assert not list(bare.rglob("*.png"))
    assert not list(bare.rglob("*.picture*"))
    assert list(bare.rglob("*.chart-1.svg"))
    assert {p.relative_to(bare) for p in bare.rglob("*")} < {
        p.relative_to(site) for p in site.rglob("*")
    }
    for made in (site, bare):
        assert broken_links(made) == []
    page = (site / "suites/reranking.html").read_text(encoding="utf-8")
    drawn = ElementTree.fromstring((site / "suites/reranking.picture.svg").read_bytes())
    assert 'href="../suites/reranking.picture.png"' in page
    words = [element.text for element in drawn.iter() if element.text]
    assert "invented-large" in words


def test_letters_of_a_chart_are_in_its_png() -> None:
    """A font that is not found leaves an empty picture, without a word."""
    drawn = '<svg class="plot" viewBox="0 0 90 20" width="90" height="20" aria-label="a">{}</svg>'
    text = '<text fill="var(--ink)" font-size="12" x="2" y="15">Illinois WM</text>'
    with Image.open(io.BytesIO(png_file(svg_file(drawn.format(text), "")))) as image:
        dark = sum(1 for value in image.convert("L").tobytes() if value < 128)
    with Image.open(io.BytesIO(png_file(svg_file(drawn.format(""), "")))) as image:
        assert not sum(1 for value in image.convert("L").tobytes() if value < 128)
    assert dark > 200


@pytest.mark.parametrize("text", [*HOSTILE, "\x01\ufffe", "]]>", *STYLED])
def test_a_hostile_chart_is_well_formed(text: str) -> None:
    said = escape(text)
    start = f'<svg class="plot" viewBox="0 0 1 2" aria-label="{said}">'
    svg = f"{start}<text>{said}</text></svg>"
    root = ElementTree.fromstring(svg_file(svg, text))
    seen = re.sub("[\x01\ufffe]", "\ufffd", text)
    assert [element.text for element in root if element.text] == [seen] * 3


def test_spans_hidden_columns_and_what_is_unsaid() -> None:
    table = (
        "<table><caption><span>c</span></caption><thead><tr>"
        '<th data-key="a" class="system t">A</th><th data-key="w" class="whisker">I</th>'
        '<th data-key="b">B<small>u ↑ higher is better</small></th>'
        '<th data-key="o" class="o">O</th></tr></thead><tbody>'
        '<tr><th>x</th><td class="whisker"><svg><text>9</text></svg></td>'
        '<td>1 <small>[0, 2]</small><a class="note" href="#note-t-1-3">3</a></td>'
        '<td class="o">hid</td></tr>'
        '<tr><td colspan="4">all</td></tr><tr><td>one</td></tr></tbody></table>'
    )
    made = sheet_of(table)
    assert [(head.text, head.small, head.right) for head in made.heads] == [
        ("A", "", False), ("B", "u ↑", True),
    ]  # fmt: skip
    assert made.rows == (
        (SheetCell("x"), SheetCell("1", "[0, 2]", ("3",))),
        (SheetCell("all", span=2),),
        (SheetCell("one"), SheetCell("")),
    )


def test_a_table_of_one_row_and_a_page_that_is_skipped_have_no_files() -> None:
    row = "<tr><td>a</td></tr>"
    table = "<table><thead><tr><th>h</th></tr></thead><tbody>{}</tbody></table><!--table-->"
    made = with_files({
        "a/index.html": (table.format(row) + table.format(row * 2)).encode(),
        "b.html": table.format(row * 2).encode(),
        "c.js": b"<!--table-->",
    }, skip=["b.html"])  # fmt: skip
    assert sorted(made) == ["a/index.html", "a/table-1.md", "a/table-1.tex", "b.html", "c.js"]
    assert b"<!--" not in made["b.html"]
    assert b'href="table-1.tex"' in made["a/index.html"]
    assert made["c.js"] == b"<!--table-->"


def test_a_family_has_a_page_with_its_systems_and_their_differences(site: Path) -> None:
    page = (site / "families/invented.html").read_text(encoding="utf-8")
    for name in ("invented-large", "invented-medium", "invented-small"):
        assert page.count(f"local__{name}/") >= 1
        assert 'href="../../families/invented.html"' in (
            site / f"m/local__{name}/index.html"
        ).read_text(encoding="utf-8")
    assert "local__made-up-encoder" not in page
    told = (site / "families/invented.table-1.md").read_text(encoding="utf-8")
    assert "Invented Beta" in told
    others = (site / "families/made-up-encoder.table-1.md").read_text(encoding="utf-8")
    assert "Invented Alpha" in others
    assert "Invented Beta" not in others, "none of them was run on it"
    alone = (site / "m/local__file-of-a-friend/index.html").read_text(encoding="utf-8")
    assert "families/" not in alone
    rows = rendered((site / "families/invented.table-2.md").read_bytes()).rows[1:]
    others = {row[1] for row in rows}
    assert others == {"invented-large (invented-medium)", "invented-large (invented-small)"}
    values = _values(site, "reranking/invented/alpha")
    for row in rows:
        other = row[1].partition("(")[2].rstrip(")")
        if row[0].startswith("Invented Alpha"):
            apart = values["invented-large"] - values[other]
            assert row[3].split(" ")[0] == f"{100 * apart:+.1f}"


def _values(site: Path, task: str) -> dict[str, float]:
    with (site / "data/board.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["name"]: float(row["value"])
            for row in csv.DictReader(file)
            if row["task"] == task and row["primary"] == "true" and not row["limit"]
        }


def test_one_system_alone_is_no_family(record_writer: Callable[..., Path], tmp_path: Path) -> None:
    record_writer(tmp_path / "records")
    site = build_site(tmp_path / "records", tmp_path / "site").parent
    assert not (site / "families").exists()
