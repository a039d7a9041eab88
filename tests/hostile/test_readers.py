"""The small files of checkpoints and models, damaged: identified, or refused in one line.

Tables, runs, judgements and own data are damaged in ``tests/tasks/reading/test_fuzz.py``.
``MARGINBENCH_FUZZ=2000`` makes as many inputs of each kind; the tests make 40, always the same.
"""

from __future__ import annotations

import copy
import json
import os
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import adapters
from harness.adapters.asking.prompt_file import read_prompt
from harness.adapters.clip_iqa.prompts import read_pairs
from harness.adapters.recorded.embeddings import read_npz
from harness.adapters.support.families import contents
from harness.adapters.support.image_preparation import read_preparation
from harness.adapters.support.label_file import read_label_file
from harness.adapters.vlm_score.prompts import read_prompt as read_levels
from harness.baselines.tfidf import read_manifest
from harness.compare.policy import drop, fraction, read_policy
from harness.errors import MarginBenchError
from harness.records.provenance import read_asked
from harness.runs.folder import RunFolder
from harness.tasks.reading.json_text import objects
from harness.tasks.tables import read_table
from tests.hostile.checkpoint_files import HONEST, write
from tests.tasks.reading.test_fuzz import WAYS

ROOT = Path(__file__).parents[2]
COUNT = int(os.environ.get("MARGINBENCH_FUZZ", "40"))
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**400, 1e308, "", "x" * 5000, "\x00", "\u202e", "\ud800"),
    *([], {}, [[]], {"": None}, ["BertModel", 3], [{"a": []}], {"0": ["a"]}, "../..", "a\nb"),
)
"""Values that stand where something else is due."""

FOLDERS = {
    "bi-encoder": "BertModel", "cross-encoder": "BertForSequenceClassification",
    "text-classifier": "BertForSequenceClassification", "sparse": "BertForMaskedLM",
    "reward-model": "LlamaForSequenceClassification",
    "late-interaction": "HF_ColBERT", "monot5": "T5ForConditionalGeneration",
    "e2rank": "LlamaForCausalLM", "yes-no": "LlamaForCausalLM", "causal-lm": "LlamaForCausalLM",
    "clip-iqa": "CLIPModel", "vlm-score": "LlavaForConditionalGeneration",
    "image-embedder": "ViTModel", "image-classifier": "ViTForImageClassification",
    "onnx-embedder": "BertModel",
}  # fmt: skip
"""Adapter -> an architecture that it takes."""

FILES = (
    "config.json", "modules.json", "config_sentence_transformers.json", "tokenizer_config.json",
    "sentence_bert_config.json", "preprocessor_config.json", "1_Pooling/config.json",
    "artifact.metadata", "tokenizer.json",
)  # fmt: skip


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: what holds it, and its key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in list(pairs):
        yield value, key
        if isinstance(child, dict | list):
            yield from nodes(child)


def odd(value: Any, chance: random.Random) -> Any:
    """The value with one to three of its places holding something odd, or gone."""
    changed = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 3))):
        places = list(nodes(changed)) if isinstance(changed, dict | list) else []
        if not places:
            return copy.deepcopy(chance.choice(ODD))
        holder, key = chance.choice(places)
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD))
    return changed


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """Bytes, damaged in one to three ways."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if data:
            chance.choice(WAYS)(data, chance, content)
    return bytes(data)


def one_line(call: Callable[[], object], what: str) -> bool:
    """Whether it went through; refused in one line is fine, and anything else is not."""
    try:
        call()
    except MarginBenchError as error:
        said = str(error)
        if "\n" in said or len(said) > 3000 or error.exit_code not in (1, 2, 3):
            raise AssertionError(f"{what}: {said[:500]!r}") from error
        return False
    except Exception as error:
        raise AssertionError(f"{what}: {error!r}") from error
    return True


def checkpoint(folder: Path, kind: str) -> dict[str, Any]:
    """The JSON files of a checkpoint of that architecture, which is written without weights."""
    images = {"vision_config": {}} if kind.startswith(("CLIP", "Llava", "ViT")) else {}
    model = {"model_type": "x", "architectures": [kind], "image_size": 4, **images}
    files = {name: content for name, content in HONEST.items() if name in FILES}
    files["config.json"] = {**HONEST["config.json"], **model}
    files["config.json"]["id2label"] = {"0": "human", "1": "machine"}
    files["artifact.metadata"] = {"query_maxlen": 32, "dim": 8}
    files["tokenizer.json"] = {"truncation": {"max_length": 9}, "model": {"vocab": {}}}
    files["preprocessor_config.json"] = {
        "size": {"height": 4, "width": 4}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        "resample": 3, "do_resize": True, "rescale_factor": 0.5, "do_normalize": True,
    }  # fmt: skip
    write(folder, files, {"model.safetensors": b"", "model.onnx": b"x"})
    return files


@pytest.mark.parametrize("name", FOLDERS)
def test_a_checkpoint_is_identified_or_refused(name: str, tmp_path: Path) -> None:
    files = checkpoint(tmp_path, FOLDERS[name])
    adapter = adapters().get(name)
    options = {key: option.default for key, option in adapter.options.items() if key != "*"}
    given = {"sparse": {"pooling": "max"}, "monot5": {"words": "t5"}}.get(name, {})
    for case in range(COUNT):
        chance = random.Random(f"{name} {case}")
        file = chance.choice(FILES)
        if chance.random() < 0.7:
            content = json.dumps(odd(files[file], chance)).encode()
        else:
            content = spoilt(json.dumps(files[file]).encode(), chance)
        write(tmp_path, {file: content})
        what = f"case {case} of {name}, {file} = {content[:300]!r}"
        one_line(lambda: adapter.identify(str(tmp_path), options | given), what)
        one_line(lambda: contents(tmp_path), what)
        write(tmp_path, {file: files[file]})


PROMPTS = ROOT / "harness" / "adapters" / "asking" / "prompts" / "rankgpt.toml"
PAIRS = b'[[pair]]\ngood = "a good photo"\nbad = "a bad photo"\n'
LEVELS = next((ROOT / "harness" / "adapters" / "vlm_score").rglob("q-align.toml"))
RUN = {
    "task": "a/b", "task_fingerprint": "0" * 64, "model": "m",
    "request": {"data": None, "first_stage": "bm25", "limit": None, "told": {"bits": 1}},
}  # fmt: skip
TFIDF = {"format": "x", "terms": [["a", 1]], "files": {}, "facts": {}, "sublinear": True}

READERS: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "labels.txt": (b"cat\ndog\nowl\n", lambda path: read_label_file(str(path))),
    "prompt.toml": (PROMPTS.read_bytes(), lambda path: read_prompt(str(path))),
    "pairs.toml": (PAIRS, lambda path: read_pairs({"prompts": str(path), "good": "", "bad": ""})),
    "levels.toml": (LEVELS.read_bytes(), lambda path: read_levels({"prompt": str(path)})),
    "policy.toml": (
        (ROOT / ".github" / "regression-policy.toml").read_bytes(),
        read_policy,
    ),
    "manifest.json": (json.dumps(RUN).encode(), lambda path: read_asked(RunFolder(path.parent))),
    "preprocessor_config.json": (
        b'{"size": {"height": 4, "width": 4}, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}',
        lambda path: read_preparation(path.parent, {}),
    ),
    "tfidf/manifest.json": (json.dumps(TFIDF).encode(), lambda path: read_manifest(path.parent)),
}


@pytest.mark.parametrize("name", READERS)
def test_a_small_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    content, read = READERS[name]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    for case in range(COUNT * 2):
        chance = random.Random(f"{name} {case}")
        made = spoilt(content, chance)
        if name.endswith(".json") and chance.random() < 0.6:
            made = json.dumps(odd(json.loads(content), chance)).encode()
        path.write_bytes(made)
        one_line(lambda: read(path), f"case {case} of {name}: {made[:300]!r}")


@pytest.mark.parametrize(
    "name", ["labels.txt", "prompt.toml", "policy.toml", "levels.toml", "pairs.toml"]
)
def test_the_seed_itself_is_read(name: str, tmp_path: Path) -> None:
    content, read = READERS[name]
    (tmp_path / name).write_bytes(content)
    assert one_line(lambda: read(tmp_path / name), name)


@pytest.mark.parametrize("half", [r"\ud800", r"\uDC00", r"\ud83d x", r"\udfff\ud800"])
def test_half_of_a_pair_is_no_character(half: str, tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_text(f'{{"_id": "q", "text": "hello {half}"}}\n')
    with pytest.raises(MarginBenchError, match=r"queries\.jsonl:1: .*half of a pair") as caught:
        list(objects(path))
    assert "\n" not in str(caught.value)
    path.write_text('{"_id": "q", "text": "\\ud83d\\ude00"}\n')
    assert list(objects(path)) == [(1, {"_id": "q", "text": "\N{GRINNING FACE}"})]


def test_a_member_that_is_no_array_is_one_line(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "e.npz", "w") as archive:
        archive.writestr("embeddings.npy", b"x")
    with pytest.raises(MarginBenchError, match="is no array"):
        read_npz(tmp_path / "e.npz", order="")


@pytest.mark.parametrize("name", ["*z{}a", "t{}", "[!a]{}"])
def test_a_policy_of_many_tables_is_read_in_time(name: str, tmp_path: Path) -> None:
    """Each was compared with each, and every pattern made anew: minutes for 64 KiB."""
    path = tmp_path / "policy.toml"
    tables = (f'[task."{name.format(number)}"]\n' for number in range(1000, 2500))
    path.write_text("[default]\nmin_drop = 0.01\n" + "".join(tables))
    started = time.process_time()
    assert len(read_policy(path).tasks) == 1500
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "text", ["\u0663%", "\u0660.\u0660\u0661", "1_0%", "\uff13%", "nan%", "inf"]
)
def test_a_share_is_written_in_plain_digits(text: str) -> None:
    for read in (fraction, drop):
        with pytest.raises(ValueError, match=r"number|between"):
            read(text)


def test_a_header_longer_than_what_is_looked_at_is_called_so(tmp_path: Path) -> None:
    """What was left of its last column was taken for another's, after some seconds of looking."""
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"column{number}" for number in range(40_000)) + "\n1\n")
    started = time.process_time()
    with pytest.raises(MarginBenchError, match="first row is longer than 256 KiB"):
        next(read_table(path))
    assert time.process_time() - started < 5
