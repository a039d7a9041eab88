"""Croissant 1.1: cards that its own library takes, and data that a card describes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.exchange.croissant.writing import context
from harness.records.finding import read_records
from tests.exchange.conftest import ROOT, Command


def library() -> Any:
    return pytest.importorskip("mlcroissant", reason="pip install mlcroissant==1.1.1")


@pytest.mark.parametrize("what", ["runs", "submissions"])
def test_its_own_library_takes_our_cards(
    command: Command, runs: Path, tmp_path: Path, what: str
) -> None:
    mlc = library()
    given = runs if what == "runs" else ROOT / "submissions"
    assert command("export", "croissant", given, "--out", tmp_path / "out").code == 0
    cards = list((tmp_path / "out").iterdir())
    works = {record.task.fingerprint for _, record in read_records([given])}
    assert len(cards) == len(works)
    for card in cards:
        metadata = mlc.Dataset(jsonld=card).metadata  # raises for an error
        assert not metadata.ctx.issues.errors
        assert metadata.name.startswith(card.name.split("-")[0].split(".")[0])


def test_the_context_is_that_of_its_own_library() -> None:
    library()
    from mlcroissant._src.core.context import Context, CroissantVersion
    from mlcroissant._src.core.rdf import make_context

    assert context() == make_context(Context(conforms_to=CroissantVersion.V_1_1))


def test_a_card_names_files_by_their_digests(command: Command, runs: Path, tmp_path: Path) -> None:
    answer = command("export", "croissant", runs, "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    card = json.loads(next((tmp_path / "out").glob("image-quality*")).read_text())
    (file,) = card["distribution"]
    data = (runs.parent / "opinions.csv").read_bytes()
    assert (file["name"], file["sha256"]) == ("opinions.csv", hashlib.sha256(data).hexdigest())


def described(folder: Path, **more: Any) -> Path:
    """A card with one table, as mlcroissant itself takes it."""
    folder.mkdir(exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    rows = "".join(f"t{i},{'human' if i % 2 else 'machine'},{i}\n" for i in range(60))
    (folder / "data" / "texts.csv").write_text("key,kind,length\n" + rows)
    digest = hashlib.sha256((folder / "data" / "texts.csv").read_bytes()).hexdigest()
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"texts/{name}",
            "name": f"texts/{name}",
            "dataType": "sc:Text",
            "source": {"fileObject": {"@id": "file"}, "extract": {"column": column}},
        }
        for name, column in (("id", "key"), ("label", "kind"))
    ]
    file = {
        "@type": "cr:FileObject",
        "@id": "file",
        "name": "file",
        "contentUrl": "data/texts.csv",
        "encodingFormat": "text/csv",
        "sha256": digest,
    }
    card = {
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": "texts",
        "description": "Texts.",
        "license": "MIT",
        "url": "https://example.org",
        "distribution": [file],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "texts", "name": "texts", "field": fields}],
        **more,
    }
    path = folder / "card.json"
    path.write_text(json.dumps(card))
    return path


def test_what_a_card_describes_is_read_as_its_own_library_reads_it(
    command: Command, tmp_path: Path
) -> None:
    card = described(tmp_path / "set")
    answer = command("import", "croissant", card, "--out", tmp_path / "in")
    assert answer.code == 0, answer.err
    table = tmp_path / "in" / "tables" / "1-texts.jsonl"
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    assert rows[1] == {"id": "t1", "label": "human"}
    scores = tmp_path / "scores.csv"
    scores.write_text("id,score\n" + "".join(f"t{i},{i % 7}\n" for i in range(60)))
    scored = command(
        *("score", "--task", "detection/folder", "--data", table, "--predictions", scores),
        *("--model-name", "m", "--out", tmp_path / "runs"),
    )
    assert scored.code == 0, scored.err
    mlc = library()
    theirs = [
        {"id": record["texts/id"].decode(), "label": record["texts/label"].decode()}
        for record in mlc.Dataset(jsonld=card).records("texts")
    ]
    assert rows == theirs


Damage = Callable[[str], str]
DAMAGED: dict[str, tuple[Damage, int, str]] = {
    "cut": (lambda text: text[:-5], 1, "not strict JSON"),
    "no context": (lambda text: text.replace('"@context"', '"context"'), 1, "no @context"),
    "digest": (lambda text: text.replace('"sha256": "', '"sha256": "' + "0" * 64 + '", "x": "'), 1,
               "its sha256 differs"),
    "column": (lambda text: text.replace('"kind"', '"sort"'), 1, "no column 'sort'"),
    "out": (lambda text: text.replace("data/texts.csv", "../set/data/texts.csv"), 2, "beside"),
    "absolute": (lambda text: text.replace("data/texts.csv", "/etc/passwd"), 2, "beside the card"),
    "web": (lambda text: text.replace("data/texts.csv", "https://x/y.csv"), 2, "download it"),
    "gone": (lambda text: text.replace("data/texts.csv", "data/gone.csv"), 2, "beside the card"),
    "file": (lambda text: text.replace('{"@id": "file"}', '{"@id": "other"}'), 1, "distribution"),
    "twice": (lambda text: text.replace("texts/label", "texts/id"), 1, "stands twice"),
    "none": (lambda text: text.replace('"recordSet"', '"records"'), 2, "no recordSet"),
    "list": (lambda text: text.replace('"field": [', '"field": [7, '), 1, "not an object"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(DAMAGED))
def test_a_damaged_card_is_one_line(command: Command, tmp_path: Path, name: str) -> None:
    change, code, said = DAMAGED[name]
    card = described(tmp_path / "set")
    card.write_text(change(card.read_text()))
    answer = command("import", "croissant", card, "--out", tmp_path / "in")
    assert (answer.code, len(answer.err.splitlines())) == (code, 1), answer.err
    assert said in answer.err
    assert not (tmp_path / "in").exists()


def test_a_link_out_of_the_cards_folder_is_not_followed(command: Command, tmp_path: Path) -> None:
    card = described(tmp_path / "set")
    place = tmp_path / "set" / "data" / "texts.csv"
    place.rename(tmp_path / "texts.csv")
    place.symlink_to(tmp_path / "texts.csv")
    answer = command("import", "croissant", card, "--out", tmp_path / "in")
    assert answer.code == 2
    assert "beside the card" in answer.err
