"""What a model card gets: parsed by others, with every figure that it shows out of the record."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.errors import UsageError
from harness.exchange.badge import badge_svg, figure
from harness.exchange.base import File, Run
from harness.exchange.card import push
from harness.exchange.formats import FORMATS
from harness.exchange.hub.cards import read as read_card
from harness.exchange.out import write_files
from tests.exchange.conftest import ROOT, Command
from tests.test_architecture import engine, heavy, loaded

SVG = "{http://www.w3.org/2000/svg}"


def test_push_writes_what_the_record_says(
    command: Command, read: list[Run], tmp_path: Path
) -> None:
    own = [one.record for one in read]
    push(tmp_path, own)
    page = (tmp_path / "marginbench" / "results.md").read_text()
    cmark = pytest.importorskip("cmarkgfm")
    html = cmark.github_flavored_markdown_to_html(page)
    cells = re.findall(r"<td>(.*?)</td>", html)
    rows = [cells[i : i + 5] for i in range(0, len(cells), 5)]
    for record in own:
        metric = record.primary
        low, high = metric.interval or (0.0, 0.0)
        (row,) = [
            row for row in rows if record.task.id in row[0] and row[1].split()[0] == metric.name
        ]
        assert row[2] == f"{metric.value:.4f}"
        assert row[3].lstrip("~") == f"[{low:.4f}, {high:.4f}]"
        assert row[4] == str(metric.n)
    claims = read_card(tmp_path / "marginbench" / "model-index.yaml")
    told = {(one.task, one.metric): one.value for one in claims.figures}
    assert {(r.task.id, r.primary.name): r.primary.value for r in own}.items() <= told.items()


def test_a_badge_is_xml_that_says_the_figure(read: list[Run]) -> None:
    for one in read:
        tree = ElementTree.fromstring(badge_svg(one.record))
        texts = [text.text for text in tree.iter(f"{SVG}text")]
        assert texts == [one.record.task.title, figure(one.record)]
        assert f"{one.record.primary.value:.3f}" in figure(one.record)
        widths = [float(text.attrib["textLength"]) for text in tree.iter(f"{SVG}text")]
        boxes = [float(box.attrib["width"]) for box in tree.iter(f"{SVG}rect")]
        assert [box - width for box, width in zip(boxes, widths, strict=True)] == [16, 16]
        assert float(tree.attrib["width"]) == sum(boxes)


def test_nothing_of_a_title_is_markup(read: list[Run]) -> None:
    record = read[0].record
    odd = '<script>&"\u202e]](x)|' + "長" * 60
    task = record.task.model_copy(update={"title": odd})
    tree = ElementTree.fromstring(badge_svg(record.model_copy(update={"task": task})))
    (first, _) = [text.text or "" for text in tree.iter(f"{SVG}text")]
    assert first.startswith('<script>&"?]](x)|')
    assert len(first) == 48


def test_a_later_run_takes_the_place_of_its_own_files_alone(
    read: list[Run], tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("mine")
    own = [one.record for one in read]
    push(tmp_path, own[:1])
    first = (tmp_path / "marginbench" / "results.md").read_text()
    push(tmp_path, own)
    assert (tmp_path / "marginbench" / "results.md").read_text() != first
    assert (tmp_path / "README.md").read_text() == "mine"
    with pytest.raises(UsageError, match="is there and differs"):
        write_files(tmp_path, [File("README.md", b"yours")])
    twice = [File("run.json", b"{}"), File("run.json", b"{}")]
    assert write_files(tmp_path, twice) == [tmp_path / "run.json"]
    with pytest.raises(UsageError, match="two of the runs"):
        write_files(tmp_path, [File("one.json", b"1"), File("one.json", b"2")])
    assert not (tmp_path / "one.json").exists()
    for path in ("../out", "/etc/x", "a/../../b", "a\\b", ""):
        with pytest.raises(UsageError, match="no path below"):
            write_files(tmp_path, [File(path, b"")])


def test_evaluate_push(command: Command, tmp_path: Path) -> None:
    words = ("evaluate", "--model", "bm25", "--task", "reranking/code-search/networkx-short")
    pytest.importorskip("networkx")
    answer = command(*words, "--out", tmp_path / "runs", "--push", tmp_path / "card")
    assert answer.code == 0, answer.err
    assert f"3 files in {tmp_path / 'card'}" in answer.err
    names = sorted(path.name for path in (tmp_path / "card" / "marginbench").iterdir())
    assert names == ["model-index.yaml", "reranking.code-search.networkx-short.svg", "results.md"]
    again = command("export", "card", tmp_path / "runs", "--out", tmp_path / "cards")
    assert again.code == 0
    made = (tmp_path / "cards" / "bm25" / "marginbench" / "results.md").read_bytes()
    assert made == (tmp_path / "card" / "marginbench" / "results.md").read_bytes()


def test_models_of_one_call_have_folders_of_their_own(read: list[Run], tmp_path: Path) -> None:
    own = [one.record for one in read]
    other = own[0].model.model_copy(update={"name": "org/two"})
    push(tmp_path, [*own, own[0].model_copy(update={"model": other})])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["org.one", "org.two"]


@pytest.mark.parametrize("name", ["export", "import"])
def test_help_names_every_format_of_its_direction(command: Command, name: str) -> None:
    text = " ".join(command(name, "--help").out.split())
    (told,) = re.findall(r"FORMAT is (.*?) \(docs/exchange.md\)", text)
    loaded_formats = {key: lazy.load() for key, lazy in FORMATS.items()}
    wanted = {
        key
        for key, one in loaded_formats.items()
        if (one.write if name == "export" else one.read) is not None
    }
    assert set(re.split(", | or ", told)) == wanted
    page = (ROOT / "docs" / "exchange.md").read_text()
    assert set(re.findall(r"^\| `([a-z-]+)` \|", page, re.M)) == set(FORMATS)


def test_what_goes_out_needs_no_engine_and_no_heavy_package(tmp_path: Path) -> None:
    names = loaded("export", "card", ".github/baseline", "--out", str(tmp_path / "out"))
    assert not engine(names)
    assert not heavy(names)
