"""``late-interaction`` against MaxSim written out in double precision, token by token.

PyLate 1.6.0 gives the same scores to 1e-6 on checkpoints of both kinds (its own, and Stanford's).
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.late_interaction import ADAPTER
from harness.errors import UsageError
from tests.adapters.conftest import COLBERT as METADATA
from tests.adapters.conftest import MARKERS

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")
if not hasattr(pytest.importorskip("sentence_transformers"), "MultiVectorEncoder"):
    pytest.skip("late interaction: sentence-transformers 6", allow_module_level=True)

Build = Callable[..., Path]
Load = Callable[..., Any]

PAIRS = [
    ("the cat sat", "the dog on the bank ."),
    ("what is money ?", "loan " * 60),
    ("river " * 40, "mat . , " * 40),
    ("how does it work", "?"),
    ("", "cat"),
]


def _by_hand(folder: Path, pair: tuple[str, str], metadata: dict[str, Any], expand: bool) -> float:
    """MaxSim of one pair as ColBERT defines it, in double precision."""
    from safetensors.torch import load_file

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    network = transformers.BertModel.from_pretrained(folder, add_pooling_layer=False)
    network = network.double().eval()
    files = [folder / "model.safetensors", folder / "1_Dense" / "model.safetensors"]
    weights = [load_file(path) for path in files if path.is_file()]
    linear = next(w["linear.weight"] for w in weights if "linear.weight" in w).double()
    sides = []
    for side, text in enumerate(pair):
        most = metadata["doc_maxlen" if side else "query_maxlen"]
        row = tokenizer(text, truncation=True, max_length=most - 1)["input_ids"]
        row = [row[0], tokenizer.convert_tokens_to_ids(MARKERS[side]), *row[1:]]
        seen = [1] * len(row)
        if expand and not side:
            room = most - len(row)
            row += [tokenizer.mask_token_id] * room
            seen += [int(metadata["attend_to_mask_tokens"])] * room
        with torch.no_grad():
            states = network(torch.tensor([row]), attention_mask=torch.tensor([seen]))[0][0]
        vectors = (states @ linear.T).numpy()
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        skipped = set(tokenizer.convert_tokens_to_ids([",", ".", "?"]))
        keep = [not (side and metadata["mask_punctuation"] and t in skipped) for t in row]
        sides.append(vectors[keep])
    return float((sides[0] @ sides[1].T).max(axis=1).sum())


def _pylate(folder: Path, **settings: Any) -> None:
    """Turn Stanford's checkpoint into the files that PyLate 1 writes."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    dense = folder / "1_Dense"
    dense.mkdir()
    linear = {"linear.weight": weights.pop("linear.weight")}
    save_file(linear, dense / "model.safetensors", metadata={"format": "pt"})
    (dense / "config.json").write_text(
        json.dumps(
            {
                "in_features": 16,
                "out_features": 8,
                "bias": False,
                "activation_function": "torch.nn.modules.linear.Identity",
            }
        )
    )
    plain = {name.removeprefix("bert."): values for name, values in weights.items()}
    save_file(plain, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "architectures": ["BertModel"]}))
    (folder / "artifact.metadata").unlink()
    kinds = ("sentence_transformers.models.Transformer", "pylate.models.Dense.Dense")
    (folder / "modules.json").write_text(
        json.dumps([{"idx": n, "name": str(n), "path": path, "type": kind}
                    for n, (path, kind) in enumerate(zip(("", "1_Dense"), kinds, strict=True))])
    )  # fmt: skip
    said = {
        "model_type": "ColBERT", "prompts": {"query": "", "document": ""},
        "default_prompt_name": None, "similarity_fn_name": "MaxSim",
        "query_prefix": MARKERS[0], "document_prefix": MARKERS[1], "query_length": 12,
        "document_length": 20, "attend_to_expansion_tokens": False,
        "skiplist_words": list(string.punctuation), "do_query_expansion": True, **settings,
    }  # fmt: skip
    (folder / "config_sentence_transformers.json").write_text(json.dumps(said))


def _check(model: Any, folder: Path, metadata: dict[str, Any], *, expand: bool = True) -> None:
    expected = [_by_hand(folder, pair, metadata, expand) for pair in PAIRS]
    assert len({round(score, 4) for score in expected}) == len(PAIRS)
    np.testing.assert_allclose(model.score_pairs(PAIRS), expected, atol=1e-5)
    alone = [float(model.score_pairs([pair])[0]) for pair in PAIRS]
    np.testing.assert_allclose(alone, expected, atol=1e-5)


@pytest.mark.parametrize(
    "changed",
    [{}, {"query_maxlen": 9, "doc_maxlen": 15}, {"attend_to_mask_tokens": True},
     {"mask_punctuation": False}],
)  # fmt: skip
def test_metadata_of_stanford_is_read(
    stanford: Build, load_with: Load, changed: dict[str, Any]
) -> None:
    folder = stanford(**changed)
    metadata = {**METADATA, **changed}
    model = load_with(ADAPTER, str(folder))
    _check(model, folder, metadata)
    assert model.resolved["document_length"] == metadata["doc_maxlen"]
    assert model.resolved["query_length"] == metadata["query_maxlen"]
    assert bool(model.resolved["skipped_words"]) == metadata["mask_punctuation"]
    assert ("attend", metadata["attend_to_mask_tokens"]) in model.resolved[
        "query_expansion"
    ].items()
    assert max(model.count_tokens(PAIRS)) >= metadata["doc_maxlen"]
    assert model.score_pairs([]).shape == (0,)
    assert model.count_tokens([]) == []


@pytest.mark.parametrize(
    ("settings", "changed", "expand"),
    [
        ({}, {}, True),
        ({"do_query_expansion": False}, {}, False),
        ({"attend_to_expansion_tokens": True, "query_length": 10},
         {"attend_to_mask_tokens": True, "query_maxlen": 10}, True),
        ({"skiplist_words": [], "document_length": 13},
         {"mask_punctuation": False, "doc_maxlen": 13}, True),
    ],
)  # fmt: skip
def test_configuration_of_pylate_is_read(
    stanford: Build, load_with: Load, settings: dict[str, Any], changed: dict[str, Any],
    expand: bool,
) -> None:  # fmt: skip
    folder = stanford()
    _pylate(folder, **settings)
    _check(load_with(ADAPTER, str(folder)), folder, {**METADATA, **changed}, expand=expand)


def test_documents_can_be_cut_shorter(stanford: Build, load_with: Load) -> None:
    folder = stanford()
    model = load_with(ADAPTER, str(folder), max_length=10)
    _check(model, folder, {**METADATA, "doc_maxlen": 10})
    with pytest.raises(UsageError, match="must be positive"):
        load_with(ADAPTER, str(folder), max_length=-1)


def test_what_declares_no_late_interaction_is_refused(
    tmp_path: Path, stanford: Build, tiny_bert: Build
) -> None:
    folder = stanford()
    (folder / "artifact.metadata").unlink()
    with pytest.raises(UsageError, match=r"ColBERT without artifact\.metadata"):
        ADAPTER.identify(str(folder), {})
    plain = tiny_bert(tmp_path / "plain")
    with pytest.raises(UsageError, match="holds a BertModel, which is no late-interaction model"):
        ADAPTER.identify(str(plain), {})
    config = json.loads((plain / "config.json").read_text())
    del config["architectures"]
    (plain / "config.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match="does not declare late interaction"):
        ADAPTER.identify(str(plain), {})
