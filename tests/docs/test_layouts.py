"""The layouts that the suites' pages show for ``--data`` are read, and the names are right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from harness.errors import MarginBenchError
from harness.registry import suites

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("suite-*.md"))
BLOCK = re.compile(r"^```text\n# --task (\S+) --data (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LAYOUTS = [
    pytest.param(*found.groups(), id=f"{found[1]} {found[2]}")
    for page in PAGES
    for found in BLOCK.finditer(page.read_text(encoding="utf-8"))
]


def write(text: str, folder: Path) -> None:
    """The files of a block: a name with a colon has its lines below it, others are pictures."""
    from PIL import Image

    name = ""
    files: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("  "):
            files[name].append(line[2:])
        else:
            name = line.removesuffix(":")
            files[name] = []
    for place, (name, lines) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if lines:
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            Image.new("RGB", (16, 16), (7 * place, 30, 90)).save(path)


def test_every_suite_has_its_page_and_every_folder_task_its_layout() -> None:
    assert {page.stem for page in PAGES} == {f"suite-{suite.name}" for suite in suites()}
    shown = {task for param in LAYOUTS for task in param.values[:1]}
    own = {f"{suite.name}/folder" for suite in suites()}
    assert own <= shown


@pytest.mark.parametrize(("task", "data", "text"), LAYOUTS)
def test_the_layout_on_the_page_is_read(task: str, data: str, text: str, tmp_path: Path) -> None:
    import marginbench

    place = tmp_path / data
    write(text, tmp_path if f"{data}:" in text.splitlines() else place)
    loaded: Any = marginbench.load_task(task, data=place)
    assert loaded.data.item_count >= 2, "a page should show more than one"
    assert loaded.task.id.startswith(task)


@pytest.mark.parametrize("suite", suites(), ids=lambda suite: suite.name)
def test_every_task_stands_on_its_suites_page(suite: Any) -> None:
    page = (ROOT / "docs" / f"suite-{suite.name}.md").read_text(encoding="utf-8")
    families = re.findall(r"`([\w./*-]+)`", page)
    for task in suite.tasks:
        name = task.id.removeprefix(f"{suite.name}/")
        family = f"{suite.name}/{name.partition('/')[0]}"
        assert any(
            word in (task.id, name) or (word.endswith("/*") and word[:-2] == family)
            for word in families
        ), task.id


def sought(task: str, empty: Path) -> set[str]:
    """Names of files and folders that a task asks for when it finds nothing."""
    import marginbench

    with pytest.raises(MarginBenchError) as error:
        marginbench.load_task(task, data=empty)
    paths = re.findall(rf"{re.escape(str(empty))}/([\w./-]+\w)", str(error.value))
    return {name for path in paths for name in (path, path.rpartition("/")[2])}


NAMED = [
    task.id
    for suite in suites()
    for task in suite.tasks
    if suite.name in ("detection", "consistency") and task.id not in suite.embedded
    if task.id.rpartition("/")[2] not in ("folder", "pairs", "omniglot-small")
]


@pytest.mark.parametrize("task", NAMED)
def test_the_page_names_what_the_task_looks_for(task: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / f"suite-{task.partition('/')[0]}.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if f"`{task}`" in row and row.count("|") == 4]
    assert sought(task, tmp_path) & set(re.findall(r"`([^`]+)`", rows[-1])), rows


def test_the_page_names_the_folders_and_files_of_the_pinned_opinion_scores() -> None:
    from suites.image_quality.pins import pins

    page = (ROOT / "docs" / "suite-image-quality.md").read_text(encoding="utf-8")
    section = page.partition("## Data of the pinned tasks")[2].partition("\n## ")[0]
    for pin in pins():
        name = pin.id.rpartition("/")[2]
        row = next(row for row in section.splitlines() if re.search(rf"[`/]{name}`", row))
        named = set(re.findall(r"`([^`]+)`", row))
        assert named & set(pin.names), row
        assert named & set(pin.images) or "." in pin.images, row
        files = {source.file for source in pin.sources if source.file}
        assert named & files or "the package" in row, row


@pytest.mark.parametrize("suite", suites(), ids=lambda suite: suite.name)
def test_the_page_spells_out_every_metric_as_its_card_does(suite: Any) -> None:
    page = (ROOT / "docs" / f"suite-{suite.name}.md").read_text(encoding="utf-8")
    section = page.partition("### Every metric, spelled out")[2].partition("\n## ")[0]
    rows = [row for row in section.splitlines() if row.startswith("| [")]
    assert rows == [
        f"| [`{card.name}`](metrics.md#{card.anchor}) | {card.long_name} | {card.better} | "
        f"{card.summary} |"
        for card in suite.described
    ]
