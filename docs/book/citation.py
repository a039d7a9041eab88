"""``CITATION.cff`` with the list of ``docs/references.md``: ``python docs/book/citation.py``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(
    r"\| [^|]+ \| (?P<authors>[^|]+?) \((?P<year>\d{4})\)\. \*(?P<title>[^*]+|[^|]+?)\*\. "
    r"(?P<venue>[^|\[]+?)\.(?: \[(?P<id>[^\]]+)\]\([^)]+\))? \|"
)


def render() -> str:
    """The file: what stands above ``references:`` in it as it is, then the page's list."""
    head = (ROOT / "CITATION.cff").read_text(encoding="utf-8").partition("references:\n")[0]
    return head + "references:\n" + "".join(_entry(row) for row in rows())


def rows() -> Iterator[dict[str, str]]:
    """Authors, year, title, venue and identifier of every source on the page, in its order."""
    for line in (ROOT / "docs" / "references.md").read_text(encoding="utf-8").splitlines():
        if not line.startswith("| ") or line.startswith("| for |"):
            continue
        found = ROW.fullmatch(line)
        if found is None:
            raise ValueError(f"not read as a source: {line}")
        yield {name: value or "" for name, value in found.groupdict().items()}


def _entry(row: dict[str, str]) -> str:
    lines = ["type: article", f"title: {_text(row['title'])}", "authors:"]
    for author in row["authors"].split("; "):
        family, comma, given = author.partition(", ")
        if comma:
            lines += [f"  - family-names: {_text(family)}", f"    given-names: {_text(given)}"]
        else:
            lines += [f"  - name: {_text(author)}"]
    lines += [f"year: {row['year']}", f"journal: {_text(row['venue'])}"]
    kind, _, value = row["id"].partition(":")
    if kind == "doi":
        lines.append(f"doi: {value}")
    elif kind == "arXiv":
        lines.append(f"url: https://arxiv.org/abs/{value}")
    return f"  - {lines[0]}\n" + "".join(f"    {line}\n" for line in lines[1:])


def _text(words: str) -> str:
    """Words as YAML takes them, whatever is in them."""
    return json.dumps(words, ensure_ascii=False)


if __name__ == "__main__":
    print(render(), end="")
