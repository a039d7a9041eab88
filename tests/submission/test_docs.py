"""docs/submit.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from harness.cli.commands.validate import command
from harness.submission import layout
from harness.submission.manifest.manifest import LARGEST_MANIFEST, Manifest
from harness.submission.manifest.status import LARGEST_STATUS
from harness.submission.recompute.costs import BYTES_AN_ITEM, ITEMS_A_SECOND, scoring
from harness.submission.rules.book import RULES
from harness.submission.rules.judging import MOST_ALIKE
from harness.submission.subject.manifests import READING
from harness.submission.untrusted import parquet_pages, parquet_tables

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "submit.md").read_text(encoding="utf-8")
MIB, KIB = 2**20, 2**10


def rows(head: str) -> list[list[str]]:
    """The cells of the table that begins with this header."""
    table = PAGE[PAGE.index(f"| {head} |") :].split("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]
    ]


def test_every_rule_stands_there_once_in_order_with_what_to_do() -> None:
    found = rows("rule")
    assert [row[0] for row in found] == [f"`{rule.id}`" for rule in RULES]
    assert all(len(row) == 3 and all(row) for row in found)
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all((rule.each is None) != (rule.whole is None) and rule.asks for rule in RULES)


def test_every_field_of_the_manifest_stands_there() -> None:
    assert [row[0] for row in rows("field")] == [f"`{name}`" for name in Manifest.model_fields]


def test_every_option_of_validate_stands_there() -> None:
    given = {option for param in command.params for option in param.opts if option[0] == "-"}
    assert {row[0].strip("`").split()[0] for row in rows("option")} == given


def test_sizes_are_those_of_the_code() -> None:
    text = dict(rows("what"))
    assert text["a file"] == f"{layout.LARGEST_FILE // MIB} MiB"
    assert text["a record"] == f"{layout.LARGEST_RECORD // KIB} KiB"
    assert text["the manifest"] == f"{LARGEST_MANIFEST // KIB} KiB"
    total = f"{layout.LARGEST_SUBMISSION // MIB} MiB, {layout.MOST_FILES} files"
    assert text["a submission"] == total
    unfolded = (
        f"{parquet_tables.MOST_ROWS // 10**6} million rows, "
        f"{parquet_tables.MOST_VALUES // 10**6} million values, "
        f"{parquet_tables.MOST_BYTES // MIB} MiB, {parquet_pages.MOST_COLUMNS} columns, "
        f"{parquet_pages.MOST_GROUPS:,} row groups, {parquet_pages.MOST_PAGES:,} pages"
    )
    assert text["a table, once unfolded"] == unfolded
    assert text["status.toml"] == f"{LARGEST_STATUS // KIB} KiB"
    reading = f"{READING.seconds} s of processor time, {READING.memory // MIB} MB of memory"
    assert text["reading it all, once"] == reading
    least = scoring(0)
    assert text["scoring a run again"] == (
        f"{least.seconds} s and a second for each {ITEMS_A_SECOND:,} items of the task, "
        f"{least.memory // MIB} MB and {BYTES_AN_ITEM:,} bytes for each item"
    )
    assert f"the first {MOST_ALIKE} findings" in PAGE


def test_links_of_the_page_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert target.startswith("https://") or (ROOT / "docs" / target).is_file(), target
