"""Damaged files of every format: read, or refused in one line; never a traceback, never long.

``MARGINBENCH_FUZZ=2000`` makes as many inputs of each form; the tests make 40, always the same.
"""

from __future__ import annotations

import json
import random
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.exchange.claims import claim_files
from harness.exchange.fields import LARGEST, read_json
from harness.exchange.formats import FORMATS, format_named
from harness.exchange.inspect_log import read as read_inspect
from tests.exchange.test_croissant import described
from tests.exchange.test_eee import aggregate
from tests.exchange.test_golden import GOLDEN
from tests.exchange.test_hub import CARD, ENTRY
from tests.exchange.test_logs import inspect, lm_eval, nemo
from tests.exchange.test_rankings import result
from tests.tasks.reading.test_fuzz import COUNT, WAYS


def eee(folder: Path) -> Path:
    (folder / "log.json").write_text(json.dumps(aggregate()))
    return folder / "log.json"


def written(name: str, text: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(text)
        return folder / name

    return write


def rows(folder: Path) -> Path:
    lm_eval(folder, "m", [1, 0, 1])
    return next(folder.rglob("samples_*"))


def results(folder: Path) -> Path:
    lm_eval(folder, "m", [1, 0, 1])
    return next(folder.rglob("results_*"))


def golden(folder: Path) -> Path:
    """As inspect packs it: by a method that Python cannot unpack."""
    shutil.copy(GOLDEN / "inspect-0.3.285.eval", folder / "log.eval")
    return folder / "log.eval"


HONEST: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "eee": ("eee", eee),
    "entries": ("eval-results", written("one.yaml", ENTRY * 2)),
    "card": ("model-index", written("README.md", CARD)),
    "mteb": ("mteb", written("One.json", json.dumps(result(map_at_10=0.25)))),
    "samples": ("lm-eval", rows),
    "results": ("lm-eval", results),
    "inspect": ("inspect", lambda folder: inspect(folder / "log.json", ["C", "I"])),
    "zip": ("inspect", lambda folder: inspect(folder / "log.eval", ["C", "I"])),
    "zstd": ("inspect", golden),
    "nemo": ("nemo", lambda folder: next(nemo(folder, "m", [1.0, 0.5]).glob("eval-*"))),
    "rewards": ("nemo", lambda folder: nemo(folder, "m", [1.0, 0.5]) / "results.jsonl"),
    "croissant": ("croissant", described),
    "raid": ("raid", written("p.json", '[{"id": "a", "score": 1.5}, {"id": "b", "score": 2}]')),
}


def test_every_format_that_is_read_is_damaged_here() -> None:
    read = {name for name, lazy in FORMATS.items() if lazy.load().read is not None}
    assert {form for form, _ in HONEST.values()} == read


def told(form: str, path: Path) -> str:
    """What becomes of a file: how many files it gives, or the line that refuses it."""
    reader = format_named(form, writes=False).read
    assert reader is not None
    try:
        return f"{len(list(claim_files(reader(path))))} files"
    except MarginBenchError as error:
        said = error.message
    assert "\n" not in said
    assert len(said) < 1000
    return said


@pytest.mark.parametrize("name", list(HONEST))
def test_whatever_comes_is_read_or_refused(tmp_path: Path, name: str) -> None:
    pytest.importorskip("yaml")
    form, make = HONEST[name]
    path = make(tmp_path)
    asked = path.parent if name == "rewards" else path
    honest, refused = path.read_bytes(), 0
    assert told(form, asked).endswith(" files") or form == "raid"
    for number in range(COUNT):
        chance = random.Random(f"{name} {number}")
        data = bytearray(honest)
        for _ in range(chance.choice((1, 1, 2))):
            chance.choice(WAYS)(data, chance, honest)
            data = data or bytearray(b"x")
        path.write_bytes(data)
        refused += not told(form, asked).endswith(" files")
    assert refused > COUNT // 8


def test_a_file_beyond_the_bound_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    with path.open("wb") as file:
        file.write(b"[" + b" " * LARGEST + b"]")
    start = time.process_time()
    with pytest.raises(InvalidError, match="more than 64 MiB"):
        read_json(path)
    assert time.process_time() - start < 5  # some tenths of a second; to parse it takes minutes


def test_a_zip_that_unfolds_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(60):
            archive.writestr(f"samples/{number}.json", b" " * 1_000_000 + b"{}")
        archive.writestr("header.json", "{}")
    with pytest.raises(InvalidError, match="100 times its size"):
        read_inspect(path)


@pytest.mark.parametrize(
    ("form", "writes", "said"),
    [
        ("eeee", True, "Did you mean 'eee'"),
        ("lm-eval", True, "is not written here"),
        ("trec", False, "is not read here"),
    ],
)
def test_a_direction_that_is_not_there_says_what_is(form: str, writes: bool, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        format_named(form, writes=writes)
