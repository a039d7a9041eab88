from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.python.adapter import ADAPTER
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], str]:
    def to_file(source: str) -> str:
        path = tmp_path / "my_model.py"
        path.write_text(source, encoding="utf-8")
        return str(path)

    return to_file


Write = Callable[[str], str]
Load = Callable[..., Any]


def test_the_example_in_the_docs_runs(write: Write, load_with: Load) -> None:
    page = (ROOT / "docs" / "add-a-model.md").read_text(encoding="utf-8")
    found = re.search(
        r"<!-- example:start -->\n```python\n(.*?)```\n<!-- example:end -->", page, re.S
    )
    assert found, "the markers around the example are gone"
    source = found.group(1)
    assert len(source.splitlines()) == 8
    path = write(source)
    assert ADAPTER.capabilities(path) == {"score_pairs"}
    scores = load_with(ADAPTER, path).score_pairs(
        [("red apple", "An apple is red"), ("red apple", "the red sea"), ("red apple", "")]
    )
    assert list(scores) == [1.0, 0.5, 0.0]


def test_top_level_functions_are_the_model(write: Write, load_with: Load) -> None:
    path = write(
        "def rank(query, documents):\n    return sorted(range(len(documents)))\n"
        "def embed_texts(texts, *, kind):\n    return [[len(t), kind == 'query'] for t in texts]\n"
        "def helper():\n    pass\n"
    )
    assert ADAPTER.capabilities(path) == {"rank", "embed_texts"}
    model = load_with(ADAPTER, path)
    assert capabilities_of(model) == {"rank", "embed_texts"}
    assert model.rank("q", ["a", "b"]) == [0, 1]
    assert model.embed_texts(["ab"], kind="query") == [[2, True]]


def test_kind_is_optional(write: Write, load_with: Load) -> None:
    path = write("def embed_texts(texts):\n    return [[len(t)] for t in texts]\n")
    assert load_with(ADAPTER, path).embed_texts(["abc"], kind="document") == [[3]]


def test_a_named_capability_is_that_one_alone(write: Write, load_with: Load) -> None:
    path = write("def rank(q, d): return [0]\ndef score_pairs(pairs): return [1.0] * len(pairs)\n")
    assert ADAPTER.capabilities(path + ":rank") == {"rank"}
    assert capabilities_of(load_with(ADAPTER, path + ":rank")) == {"rank"}
    assert ADAPTER.identify(path + ":rank", {}).name == "my_model:rank"


FACTORY = """
class Model:
    def __init__(self, scale): self.scale = scale
    def score_pairs(self, pairs): return [self.scale * len(d) for _, d in pairs]
    def count_tokens(self, pairs): return [1 for _ in pairs]

def load(device="cpu", *, scale=1):
    return Model(scale)

def doubled():
    model = Model(2)
    return model

def typed(**options) -> Model:
    return make(options)

def make(options):
    return Model(options.get("scale", 3))

opaque = make
"""


@pytest.mark.parametrize(
    ("suffix", "options", "expected"),
    [("", {}, 1), ("", {"scale": 2.5}, 2.5), (":load", {}, 1), (":doubled", {}, 2),
     (":typed", {"scale": 7}, 7), (":Model", {"scale": 4}, 4)],
)  # fmt: skip
def test_factories(
    write: Write, load_with: Load, suffix: str, options: dict[str, Any], expected: float
) -> None:
    path = write(FACTORY) + suffix
    assert ADAPTER.capabilities(path) == {"score_pairs"}
    model = ADAPTER.load(path, device="cpu", dtype="float32", **options)
    assert model.score_pairs([("q", "x")]) == [expected]
    assert model.count_tokens([("q", "x")]) == [1]


def test_device_and_dtype_reach_a_factory_that_names_them(write: Write) -> None:
    path = write(
        "class M:\n    def __init__(self, *a): self.a = a\n"
        "    def rank(self, q, d):\n        return self.a\n"
        "def load(device, dtype):\n    return M(device, dtype)\n"
    )
    model = ADAPTER.load(path, device="cuda:1", dtype="bfloat16")
    assert model.rank("q", []) == ("cuda:1", "bfloat16")
    with pytest.raises(UsageError, match=r"no parameter dtype to take float16"):
        ADAPTER.load(write(FACTORY), device="cpu", dtype="float16")
    functions = write("def rank(q, d): return []\n")
    with pytest.raises(UsageError, match="no factory to take the dtype float16"):
        ADAPTER.load(functions, device="cpu", dtype="float16")


def test_an_opaque_factory_must_declare_what_it_gives(write: Write, load_with: Load) -> None:
    path = write(FACTORY) + ":opaque"
    with pytest.raises(UsageError, match=r"CAPABILITIES = \["):
        ADAPTER.capabilities(path)
    path = write('CAPABILITIES = ["score_pairs"]\n' + FACTORY)
    assert ADAPTER.capabilities(path + ":opaque") == {"score_pairs"}
    path = write('CAPABILITIES = ["score_pairs", "rank"]\n' + FACTORY)
    with pytest.raises(InvalidError, match=r"load has no working rank\(\)"):
        load_with(ADAPTER, path)


def test_capabilities_are_read_without_running_the_file(tmp_path: Path, write: Write) -> None:
    mark = tmp_path / "ran"
    path = write(f"open({str(mark)!r}, 'w').close()\ndef rank(q, d): return []\n")
    assert ADAPTER.capabilities(path) == {"rank"}
    ADAPTER.identify(path, {})
    assert not mark.exists()
    ADAPTER.load(path, device="cpu", dtype="float32")
    assert mark.exists()


def test_digest_is_that_of_the_source(write: Write) -> None:
    one = ADAPTER.identify(write("def rank(q, d): return []\n"), {}).digest
    assert ADAPTER.identify(write("def rank(q, d): return []\n"), {}).digest == one
    assert ADAPTER.identify(write("def rank(q, d): return [] \n"), {}).digest != one


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def score_pairs(pairs):\n    x = 1\n    return x / 0\n",
         r"my_model\.py:3: ZeroDivisionError: division by zero"),
        ("def score_pairs(pairs):\n    return f(pairs)\ndef f(p):\n    raise KeyError('k')\n",
         r"my_model\.py:4: KeyError: 'k'"),
        ("import math\ndef score_pairs(pairs):\n    return math.sqrt(-1)\n",
         r"my_model\.py:3: ValueError: "),
        ("def score_pairs(pairs):\n    assert pairs is None\n", r"my_model\.py:2: AssertionError"),
        ("def score_pairs(pairs):\n    raise RuntimeError('one\\ntwo')\n",
         r"my_model\.py:2: RuntimeError: one$"),
    ],
)  # fmt: skip
def test_an_error_in_the_users_code_names_its_line(
    write: Write, load_with: Load, source: str, message: str
) -> None:
    model = load_with(ADAPTER, write(source))
    with pytest.raises(InvalidError, match=message) as caught:
        model.score_pairs([("q", "d")])
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is not None  # the whole traceback stays reachable


def test_running_out_of_memory_passes_through(write: Write, load_with: Load) -> None:
    model = load_with(ADAPTER, write("def score_pairs(pairs):\n    raise MemoryError\n"))
    with pytest.raises(MemoryError):
        model.score_pairs([])


def test_errors_while_the_file_or_the_factory_runs(write: Write, load_with: Load) -> None:
    path = write("import no_such_package_here\ndef rank(q, d): return []\n")
    with pytest.raises(InvalidError, match=r"my_model\.py:1: ModuleNotFoundError: No module named"):
        load_with(ADAPTER, path)
    path = write("class M:\n    def rank(self, q, d): return []\ndef load():\n    return M(1)\n")
    with pytest.raises(InvalidError, match=r"my_model\.py:4: TypeError"):
        load_with(ADAPTER, path)


def test_syntax_errors_name_the_line(write: Write) -> None:
    path = write("x = 1\ndef rank(q, d:\n    return []\n")
    for action in (ADAPTER.capabilities, lambda p: ADAPTER.identify(p, {})):
        with pytest.raises(InvalidError, match=r"my_model\.py:2: SyntaxError: "):
            action(path)


def test_what_is_missing_is_said(tmp_path: Path, write: Write) -> None:
    with pytest.raises(UsageError, match=r"no file 'absent\.py'"):
        ADAPTER.capabilities("absent.py")
    with pytest.raises(UsageError, match=r"python:FILE.py\[:function\]"):
        ADAPTER.capabilities("")
    with pytest.raises(UsageError, match="no function named score_pairs, score_lists, rank"):
        ADAPTER.capabilities(write("x = 1\n"))
    with pytest.raises(UsageError, match=r"no function 'doubld'. Did you mean 'doubled'"):
        ADAPTER.capabilities(write(FACTORY) + ":doubld")


def test_options_need_a_factory_that_takes_them(write: Write) -> None:
    path = write("def rank(q, d): return []\n")
    with pytest.raises(UsageError, match="takes no options"):
        ADAPTER.identify(path, {"k": 1})
    with pytest.raises(UsageError, match=r"takes no option 'scal'. Did you mean 'scale'"):
        ADAPTER.load(write(FACTORY), device="cpu", dtype="float32", scal=1)


@pytest.mark.parametrize("value", ["{'x': float('nan')}", "{'x': object()}", "3"])
def test_resolved_settings_must_fit_into_a_record(
    write: Write, load_with: Load, value: str
) -> None:
    source = "resolved = {'beam': 4}\ndef rank(q, d): return []\n"
    assert load_with(ADAPTER, write(source)).resolved == {"beam": 4}
    with pytest.raises(InvalidError, match="`resolved` is not a JSON object"):
        load_with(ADAPTER, write(source.replace("{'beam': 4}", value)))


def test_imported_load_is_not_a_factory(write: Write, load_with: Load) -> None:
    path = write("from json import load\ndef score_pairs(pairs): return [0.5 for _ in pairs]\n")
    assert np.asarray(load_with(ADAPTER, path).score_pairs([("q", "d")])).tolist() == [0.5]


@pytest.mark.parametrize("does", ["pairs.clear()", "pairs.sort()", "pairs.pop()"])
def test_what_is_asked_is_not_the_models_to_change(
    does: str, write: Write, load_with: Load
) -> None:
    made = f"def score_pairs(pairs):\n    {does}\n    return [1.0, 2.0]\n"
    model = load_with(ADAPTER, write(made))
    asked = [("q", "z"), ("q", "a")]
    assert model.score_pairs(asked) == [1.0, 2.0]
    assert asked == [("q", "z"), ("q", "a")]
