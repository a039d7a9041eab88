"""Checkpoints of strangers are looked through before any library reads them."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.doors import names, weights
from harness.adapters.support.doors.check import check_doors
from harness.adapters.support.doors.weights import restricted_pickles
from harness.errors import UsageError
from tests.hostile.checkpoint_files import CODE, ELSEWHERE, HONEST, PICKLES, write

ADAPTERS = Path(__file__).parents[2] / "harness" / "adapters"
TRUSTED = {"trust_remote_code": True}
ALLOWED = {"allow_pickle": True}


def check(folder: Path, options: Mapping[str, Any] = {}) -> None:
    check_doors(Checkpoint(folder, folder.name, None), options)


def test_nothing_of_an_honest_one_is_refused(tmp_path: Path) -> None:
    check(write(tmp_path, HONEST))


@pytest.mark.parametrize("door", CODE)
def test_code_of_its_own_is_refused_in_one_line_unless_trusted(door: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "made", HONEST, CODE[door])
    with pytest.raises(UsageError, match="trust_remote_code=true") as caught:
        check(folder)
    assert next(iter(CODE[door])) in caught.value.message
    assert "\n" not in str(caught.value)
    check(folder, TRUSTED)


@pytest.mark.parametrize("door", ELSEWHERE)
@pytest.mark.parametrize("options", [{}, TRUSTED, ALLOWED], ids=["plain", "trusted", "pickle"])
def test_files_elsewhere_are_refused_whoever_is_trusted(
    door: str, options: dict[str, Any], tmp_path: Path
) -> None:
    folder = write(tmp_path, HONEST, ELSEWHERE[door])
    with pytest.raises(UsageError) as caught:
        check(folder, options)
    assert "\n" not in str(caught.value)
    assert "trust_remote_code" not in caught.value.fix


@pytest.mark.parametrize("kind", PICKLES)
@pytest.mark.parametrize("place", ["", "2_Dense/", "2_Dense/query_0_Dense/"])
def test_a_pickle_is_no_weights_unless_asked_for(kind: str, place: str, tmp_path: Path) -> None:
    plain = {k: v for k, v in HONEST.items() if not k.endswith((".safetensors", ".bin"))}
    folder = write(tmp_path, plain, {place + name: {} for name in PICKLES[kind]})
    with pytest.raises(UsageError, match="allow_pickle=true") as caught:
        check(folder)
    assert "pickle alone" in caught.value.message
    with pytest.raises(UsageError, match="pickle alone"):  # trust is another thing
        check(folder, TRUSTED)
    check(folder, ALLOWED)


def test_a_torch_whose_reader_has_a_hole_reads_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, {"pytorch_model.bin": b""})
    for installed, safe in (("2.5.1+cu124", False), ("2.6.0", True), ("2.13.0+cpu", True)):
        monkeypatch.setattr("harness.adapters.support.doors.weights._torch", lambda v=installed: v)
        if safe:
            check(folder, ALLOWED)
            continue
        with pytest.raises(UsageError, match=r"cannot read pytorch_model\.bin safely.*torch>=2\.6"):
            check(folder, ALLOWED)


def test_links_stay_inside(tmp_path: Path) -> None:
    home = write(tmp_path / "home", HONEST)
    outside = write(tmp_path / "outside", {"x.json": {}, "x.safetensors": b"", "d/config.json": {}})
    (home / "weights.safetensors").symlink_to(outside / "x.safetensors")  # data, and large
    (home / "copy.json").symlink_to(home / "config.json")
    (home / "loop").symlink_to(home)
    check(home)
    for name, target in (("x.json", "x.json"), ("4_Dense", "d"), ("gone.json", "no-such")):
        (home / name).symlink_to(outside / target)
        with pytest.raises(UsageError, match=rf"{name} is a link that leads out"):
            check(home)
        (home / name).unlink()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = write(tmp_path, HONEST)
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")
    with pytest.raises(UsageError, match="is no plain file"):
        check(folder)


def test_the_cache_of_the_hub_keeps_files_as_links(tmp_path: Path) -> None:
    blobs = write(tmp_path / "models--o--n" / "blobs", {"a1": {"model_type": "bert"}})
    commit = tmp_path / "models--o--n" / "snapshots" / ("a" * 40)
    commit.mkdir(parents=True)
    (commit / "config.json").symlink_to(blobs / "a1")
    check(commit)
    write(blobs, {"a1": {"auto_map": {"AutoModel": "evilmod.Evil"}}})
    with pytest.raises(UsageError, match="auto_map"):
        check(commit)


def test_a_large_file_is_not_looked_through_and_not_accepted(tmp_path: Path) -> None:
    folder = write(tmp_path, HONEST)
    (folder / "config.json").write_bytes(b'{"auto_map": {"a": "b.C"}}' + b" " * 20_000_000)
    with pytest.raises(UsageError, match="larger than 20,000,000 bytes"):
        check(folder)


def test_every_loader_of_a_library_is_called_behind_the_doors() -> None:
    loaders = {"from_pretrained", "create_model", "create_model_from_pretrained", "create_metric"}
    guards = {"opening", "place", "restricted_pickles", "reading"}
    found = 0
    for path in sorted(ADAPTERS.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        guarded = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.With) and guards & set(_names(node.items))
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in loaders:
                assert node in guarded, f"{path}:{node.lineno} loads with its doors open"
                found += 1
    assert found == 14


def _names(items: list[ast.withitem]) -> list[str]:
    nodes = [node for item in items for node in ast.walk(item.context_expr)]
    return [getattr(node, "attr", "") or getattr(node, "id", "") for node in nodes]


def test_the_reader_is_restricted_within_and_as_before_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    monkeypatch.delenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", raising=False)
    with restricted_pickles():
        assert os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] == "1"
        assert "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD" not in os.environ
    assert os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] == "1"
    assert "TORCH_FORCE_WEIGHTS_ONLY_LOAD" not in os.environ


@pytest.mark.skipif(os.name != "posix", reason="needs links that lead nowhere, and odd names")
@pytest.mark.parametrize("name", [b"\xff.json", b"a\nb.txt", b"sub\xff/x.json"])
def test_names_that_cannot_be_written_are_refused(name: bytes, tmp_path: Path) -> None:
    folder = write(tmp_path, HONEST)
    odd = os.path.join(os.fsencode(folder), name)
    os.makedirs(os.path.dirname(odd), exist_ok=True)
    with open(odd, "wb") as file:
        file.write(b"{}")
    with pytest.raises(UsageError, match="cannot be written"):
        check(folder)


@pytest.mark.skipif(os.name != "posix", reason="needs links that lead nowhere")
def test_a_link_in_a_circle_is_no_file(tmp_path: Path) -> None:
    folder = write(tmp_path, HONEST)
    (folder / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="no plain file"):
        check(folder)


@pytest.mark.parametrize("name", ["RagTokenizer", "Trainer", "AutoModel", 7, ["BertTokenizer"]])
def test_a_class_that_cuts_no_text_is_no_tokenizer(name: Any, tmp_path: Path) -> None:
    """transformers makes whatever class of its own is named, and we died of what it cannot do."""
    for file in ("tokenizer_config.json", "config.json"):
        folder = write(tmp_path / file, HONEST, {file: {"tokenizer_class": name}})
        with pytest.raises(UsageError, match=r"names no tokenizer of texts \(tokenizer_class"):
            check(folder)
    words = "sentence_transformers.models.tokenizer.WhitespaceTokenizer"
    for fine in ("BertTokenizerFast", "TokenizersBackend", "PreTrainedTokenizerFast", words, None):
        check(write(tmp_path / "a", HONEST, {"config.json": {"tokenizer_class": fine}}))


@pytest.mark.parametrize("key", ["id2label", "label2id"])
def test_classes_without_end(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MOST_LABELS", 3)
    check(write(tmp_path / "three", HONEST, {"config.json": {key: {str(i): i for i in range(3)}}}))
    four = {"config.json": {key: {str(i): i for i in range(4)}}}
    with pytest.raises(UsageError, match=f"names 4 classes \\({key}\\), more than 3"):
        check(write(tmp_path / "four", HONEST, four))


def test_tensors_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MOST_HEADER", 100)

    def made(size: int) -> bytes:
        return size.to_bytes(8, "little") + b"{}".ljust(size)

    check(write(tmp_path / "a", HONEST, {"model.safetensors": made(100)}))
    for name in ("model.safetensors", "1_Dense/model.safetensors"):
        folder = write(tmp_path / name.replace("/", "-"), HONEST, {name: made(101)})
        with pytest.raises(UsageError, match="lists its tensors in 101 bytes, more than 100"):
            check(folder)
