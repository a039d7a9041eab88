"""Small BEIR folders made on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Maker = Callable[..., Path]


@pytest.fixture
def make_folder(tmp_path: Path) -> Maker:
    """A function that writes a BEIR folder below ``tmp_path`` and returns its path."""

    def make(
        name: str,
        *,
        documents: Mapping[str, str],
        queries: Mapping[str, str],
        qrels: Mapping[str, Mapping[str, int]],
        split: str = "test",
        titles: Mapping[str, str] | None = None,
        excluded: Mapping[str, list[str]] | None = None,
    ) -> Path:
        folder = tmp_path / name
        (folder / "qrels").mkdir(parents=True)
        entries = [
            {"_id": i, "title": (titles or {}).get(i, ""), "text": t} for i, t in documents.items()
        ]
        _write_lines(folder / "corpus.jsonl", entries)
        asked = [{"_id": i, "text": t} for i, t in queries.items()]
        for entry in asked:
            if excluded and entry["_id"] in excluded:
                entry["excluded_ids"] = excluded[entry["_id"]]  # type: ignore[assignment]
        _write_lines(folder / "queries.jsonl", asked)
        rows = [f"{q}\t{d}\t{g}" for q, grades in qrels.items() for d, g in grades.items()]
        lines = ["query-id\tcorpus-id\tscore", *rows, ""]
        (folder / "qrels" / f"{split}.tsv").write_text("\n".join(lines))
        return folder

    return make


def _write_lines(path: Path, entries: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
