"""``auto_map`` without code beside it: transformers' own classes, and nothing else, are taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import bi_encoder
from harness.adapters.support.doors.auto_map import librarys_own
from harness.adapters.support.doors.names import Pairs
from harness.errors import UsageError

pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
pytest.importorskip("transformers", reason="needs marginbench[torch]")
pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")

Build = Callable[..., Path]
OWN = {"AutoConfig": "configuration_bert.BertConfig", "AutoModel": "modeling_bert.BertModel"}


def declare(folder: Path, name: str = "config.json", **values: Any) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_the_same_numbers_as_without(
    tmp_path: Path, tiny_bert: Build, load_with: Callable[..., Any]
) -> None:
    plain, mapped = tiny_bert(tmp_path / "a"), tiny_bert(tmp_path / "b")
    declare(mapped, auto_map=OWN)
    tokenizer = {"AutoTokenizer": ["tokenization_bert.BertTokenizer", None]}
    declare(mapped, "tokenizer_config.json", auto_map=tokenizer)
    vectors = [
        load_with(bi_encoder.ADAPTER, str(folder), pooling="mean").embed_texts(
            ["the cat sat"], kind="query"
        )
        for folder in (plain, mapped)
    ]
    assert np.array_equal(*vectors)


@pytest.mark.parametrize("place", ["modeling_bert.py", "deep/other.py", "EVIL.PY"])
def test_code_in_the_folder_closes_the_door(tmp_path: Path, tiny_bert: Build, place: str) -> None:
    folder = tiny_bert(tmp_path / "a")
    declare(folder, auto_map=OWN)
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_text("")
    with pytest.raises(UsageError, match="needs code of its own"):
        bi_encoder.ADAPTER.identify(str(folder), {})


@pytest.mark.parametrize(
    "named",
    [
        "modeling_evil.EvilModel",
        "stranger/repository--modeling_bert.BertModel",
        "/tmp/modeling_bert.BertModel",
        "../modeling_bert.BertModel",
        "a.b.BertModel",
        "BertModel",
        "modeling_bert.PretrainedConfig.BertModel",
        "",
        7,
        ["modeling_bert.BertModel", "modeling_evil.Evil"],
        {"x": "modeling_bert.BertModel"},
        None,
    ],
)
def test_any_other_name_does(tmp_path: Path, tiny_bert: Build, named: Any) -> None:
    folder = tiny_bert(tmp_path / "a")
    declare(folder, auto_map={"AutoModel": named})
    with pytest.raises(UsageError, match="needs code of its own"):
        bi_encoder.ADAPTER.identify(str(folder), {})


def test_what_is_no_list_of_classes() -> None:
    assert librarys_own(Pairs([("AutoModel", "modeling_bert.BertModel")]))
    for odd in ("modeling_bert.BertModel", [], Pairs(), ["modeling_bert.BertModel"], 5, None):
        assert not librarys_own(odd)
