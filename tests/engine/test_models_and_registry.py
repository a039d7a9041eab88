from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.adapters import ADAPTERS, adapters
from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.options import option_words, parse_options
from harness.data import FirstStage, RankingData
from harness.engine.devices import parse_devices
from harness.engine.named import prepare_model, record_options, shown_checkpoint
from harness.errors import UsageError
from harness.nouns import Task, TaskCard
from harness.registry import SUITES, Registry, resolve, suites

CARD = TaskCard("t", "d", "s", "r", "l", "c")


def no_data(_: object) -> RankingData:
    return RankingData((), {}, {}, FirstStage("none", 1, {}))


TASK = Task("t", "1", "s", "query-documents", ("nDCG@10",), CARD, no_data, lambda *_: None)


def adapter(**options: Option) -> Adapter:
    return Adapter(
        name="test",
        summary="s",
        checkpoint="",
        capabilities=lambda _: frozenset({"score_pairs"}),
        identify=lambda *_: ModelIdentity("m", "0"),
        load=lambda *_, **__: object(),
        options=options,
    )


def test_every_built_in_name_resolves() -> None:
    for name, target in ADAPTERS.items():
        assert resolve(target).name == name
    for name, target in SUITES.items():
        assert resolve(target)().name == name
    assert [suite.name for suite in suites()] == list(SUITES)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("cros-encoder", "'cross-encoder'"), ("bm52", "'bm25'"), ("zzz", "Known: ")],
)
def test_an_unknown_adapter_gets_the_nearest_names(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"unknown adapter '{name}'") as caught:
        adapters().get(name)
    assert hint in str(caught.value)


def test_third_parties_add_adapters_by_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "other.py"
    package.write_text("thing = 'loaded'\n")
    information = tmp_path / "other-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[marginbench.test]\nnew = other:thing\nbuilt = other:thing\nbroken = other:nothing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[Any] = Registry("thing", {"built": "json:loads"}, "marginbench.test")
    assert registry.names() == ["built", "broken", "new"]
    assert registry.get("new") == "loaded"
    assert registry.get("built") is resolve("json:loads"), "a built-in cannot be replaced"
    with pytest.raises(UsageError, match="cannot be imported"):
        registry.get("broken")


def test_options_are_typed_and_defaults_filled_in() -> None:
    options = {
        "length": Option(int, 7, ""),
        "flag": Option(bool, False, ""),
        "prompt": Option(str, "", ""),
    }
    values = parse_options(adapter(**options), ["length=12", "flag=True", "prompt=a=b"])
    assert values == {"length": 12, "flag": True, "prompt": "a=b"}
    assert parse_options(adapter(**options), []) == {"length": 7, "flag": False, "prompt": ""}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("lenght=3", "Did you mean 'length'"),
        ("length", "has no '='"),
        ("length=x", "needs int"),
        ("flag=1", "write true or false"),
        ("*=3", "no option"),
        ("=3", "no option"),
        ("share=nan", "needs float"),
        ("share=1e400", "needs float"),
    ],
)
def test_options_that_cannot_be_used_say_so(given: str, message: str) -> None:
    options = {
        "length": Option(int, 7, ""),
        "flag": Option(bool, False, ""),
        "share": Option(float, 0.5, ""),
    }
    with pytest.raises(UsageError, match=message):
        parse_options(adapter(**options), [given])


def test_free_options_are_json_where_possible() -> None:
    free = Adapter(**{**_fields(adapter()), "options": {"*": Option(str, None, "")}})
    assert parse_options(free, ["a=1", "b=x", "c=[1]"]) == {"a": 1, "b": "x", "c": [1]}
    texts = {"a": "NaN", "b": "1e400", "c": "x", "d": "1"}
    assert parse_options(free, option_words(free, texts)) == texts
    assert parse_options(free, ["deep=" + "[" * 100_000])["deep"] == "[" * 100_000


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("z=NaN", "NaN is not JSON"),
        ("z=[-Infinity]", "-Infinity is not JSON"),
        ("z=1e400", "1e400 is beyond the largest number"),
        ('z={"a": 1, "a": 2}', "'a' stands twice"),
        ("=3", "no option ''"),
    ],
)
def test_free_options_that_no_record_can_hold_are_refused(given: str, message: str) -> None:
    free = Adapter(**{**_fields(adapter()), "options": {"*": Option(str, None, "")}})
    with pytest.raises(UsageError, match=message):
        parse_options(free, [given])


def _fields(value: Adapter) -> dict[str, Any]:
    return {name: getattr(value, name) for name in Adapter.__dataclass_fields__}


def test_a_model_without_the_capability_is_refused_before_its_code_runs(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("raise SystemError('this code ran')\n\ndef classify(x):\n    return x\n")
    with pytest.raises(UsageError) as caught:
        prepare_model(f"python:{path}", [], dtype="auto", tasks=[TASK])
    message = str(caught.value)
    assert "this code ran" not in message
    assert "score_pairs" in message


def test_a_dtype_the_adapter_lacks_is_refused() -> None:
    with pytest.raises(UsageError, match="no dtype 'bfloat16'"):
        prepare_model("bm25", [], dtype="bfloat16", tasks=[TASK])


def test_records_hold_no_path_of_the_machine() -> None:
    assert shown_checkpoint("/home/someone/models/ckpt/") == "ckpt"
    assert shown_checkpoint("../up/ckpt") == "ckpt"
    assert shown_checkpoint("org/model") == "org/model"
    assert record_options({"prompt": "~/x/p.txt", "n": 3}) == {"prompt": "p.txt", "n": 3}


@pytest.mark.parametrize(
    ("text", "visible", "expected"),
    [
        ("auto", "", ["cpu"]),
        ("auto", "0,1", ["cuda:0", "cuda:1"]),
        ("auto", "GPU-a,GPU-b,GPU-c", ["cuda:0", "cuda:1", "cuda:2"]),
        ("cuda", "3", ["cuda:0"]),
        ("cuda:1,0", "5,6", ["cuda:1", "cuda:0"]),
        ("cpu", "0", ["cpu"]),
        ("cpu,cpu", "", ["cpu", "cpu"]),
    ],
)
def test_devices(
    text: str, visible: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert parse_devices(text) == expected


@pytest.mark.parametrize(
    ("text", "usable", "message"),
    [
        ("gpu", ("cpu", "cuda"), "unknown device"),
        ("cuda:x", ("cpu", "cuda"), "unknown device"),
        ("cuda:2", ("cpu", "cuda"), "2 visible GPUs"),
        ("cuda:0,0", ("cpu", "cuda"), "2 visible GPUs"),
        ("cuda", ("cpu",), "CPU only"),
    ],
)
def test_devices_that_cannot_be_had(
    text: str, usable: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with pytest.raises(UsageError, match=message):
        parse_devices(text, usable=usable)


def test_an_adapter_for_the_cpu_takes_the_cpu_although_there_are_gpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert parse_devices("auto", usable=("cpu",)) == ["cpu"]
