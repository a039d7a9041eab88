"""A suite's own part of a record: validated by its model, kept raw without it, never imported."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InvalidError
from harness.records import parts
from harness.records.record import Record, parse_record, to_json
from harness.records.reference import described
from harness.records.score import make_record
from harness.registry import SUITES, Lazy, warn
from harness.submission.recompute.differences import differences
from harness.tasks.load import load_task
from tests.records import stranger
from tests.records.test_records import damage, example
from tests.records.test_score_and_aggregate import made

NAME = "tests.records.stranger:suite"
PART = {
    "ties": 1,
    "gaps": [
        {"pair": "a", "gap": 1.0, "interval": [0.5, 1.5]},
        {"pair": "b", "gap": 0, "interval": None},
    ],
}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUITES, "stranger", NAME)


def text_of(part: Any = PART, suite: str = "stranger") -> str:
    data = example()
    data["task"]["suite"], data["part"] = suite, part
    return json.dumps(data)


def read(part: Any = PART, suite: str = "stranger") -> Record:
    return parse_record(text_of(part, suite), where="here")


def test_a_part_is_an_instance_of_the_suites_model(installed: None) -> None:
    record = read()
    assert type(record) is Record
    assert isinstance(record.part, stranger.StrangerPart)
    assert record.part.gaps[0].interval == (0.5, 1.5)
    assert json.loads(to_json(record))["part"] == PART
    assert parse_record(to_json(record), where="again") == record
    assert hash(record.part.ties) == 1
    assert read(None).part is None


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("ties", -1, "part.ties: "),
        ("ties", "1", "part.ties: "),
        ("ties", True, "part.ties: "),
        ("more", 1, "part.more: "),
        ("gaps.1.gap", None, "part.gaps.1.gap: "),
        ("gaps.1.more", [], "part.gaps.1.more: "),
        ("gaps.0.interval", [0.5], "part.gaps.0.interval"),
        ("gaps", {}, "part.gaps: "),
    ],
)
def test_a_part_is_as_strict_as_the_record(
    installed: None, path: str, value: Any, place: str
) -> None:
    part = json.loads(json.dumps(PART))
    damage(path, value)(part)
    with pytest.raises(InvalidError, match=f"^here: {place}"):
        read(part)


@pytest.mark.parametrize("wrong", [[], 3, "text", True])
def test_a_part_that_is_no_object_is_refused(installed: None, wrong: Any) -> None:
    for suite in ("stranger", "unknown"):
        with pytest.raises(InvalidError, match=r"^here: part: "):
            read(wrong, suite)


def test_numbers_that_are_none_are_refused_wherever_they_stand(installed: None) -> None:
    for number in ("NaN", "-Infinity", "1e999"):
        for suite in ("stranger", "unknown"):
            text = text_of(suite=suite).replace('"gap": 1.0', f'"gap": {number}')
            with pytest.raises(InvalidError, match="not strict JSON"):
                parse_record(text, where="here")


def test_without_the_package_a_part_is_kept_as_it_came() -> None:
    record = read()
    assert record.part == PART
    assert json.loads(to_json(record))["part"] == PART
    assert parse_record(to_json(record), where="again") == record


def test_a_suite_without_a_part_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUITES, "stranger", "tests.records.stranger:partless")
    assert read(None).part is None
    with pytest.raises(InvalidError, match="here: part: suite 'stranger' has none in its records"):
        read()


@pytest.mark.parametrize(
    "name",
    [
        "os:system",
        "tests.records.trap",
        "tests.records.trap:suite",
        "../x",
        "",
        "a" * 99_999,
        "\0",
    ],
)
def test_no_name_in_a_record_imports_anything(name: str) -> None:
    before = set(sys.modules)
    assert read(suite=name).part == PART
    assert not {module for module in set(sys.modules) - before if "trap" in module}


def test_parts_of_built_in_suites_are_told_apart() -> None:
    with pytest.raises(InvalidError, match=r"^here: part\.\w+: "):
        read(suite="flips")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of somebody else that registers the suite ``far`` by entry point."""
    information = tmp_path / "far-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: far\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[marginbench.suites]\nfar = far_suite:suite\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "far_suite.py"
    parts._declared.cache_clear()
    sys.modules.pop("far_suite", None)


SOURCE = """
from dataclasses import replace
from tests.records.stranger import suite as near
from harness.registry import Lazy

def suite():
    return replace(near(), name="far", part={part})
"""


def test_an_entry_point_is_enough(package: Path) -> None:
    package.write_text(SOURCE.format(part='Lazy("tests.records.stranger:StrangerPart")'))
    assert isinstance(read(suite="far").part, stranger.StrangerPart)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ('Lazy("tests.records.stranger:Nothing")', "failed with AttributeError"),
        ('Lazy("no_such_package:Part")', "failed with ModuleNotFoundError"),
        ('Lazy("tests.records.stranger:score")', "is no model of a part"),
        ('"tests.records.stranger:StrangerPart"', "failed with AttributeError"),
    ],
)
def test_a_part_that_cannot_be_had_is_kept_raw_with_a_warning(
    package: Path, part: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    warn.cache_clear()
    package.write_text(SOURCE.format(part=part))
    assert isinstance(read(suite="far").part, dict)
    (message,) = {record.getMessage() for record in caplog.records}
    assert said in message
    assert "'far'" in message
    assert "\n" not in message


def scored_record(part: Any = None) -> Record:
    loaded = load_task(stranger.task(), stranger.LoadRequest())
    scores = stranger.np.arange(12, dtype=stranger.np.float32)[::-1]
    scored = stranger.score(loaded.task, loaded.data, scores, stranger.Scoring())
    if part is not None:
        scored = replace(scored, part=part)
    evidence = example()["predictions"]
    files = {"predictions": parts_evidence(evidence), "groups": parts_evidence(evidence)}
    return make_record(loaded, made(), scored, **files)


def parts_evidence(data: dict[str, Any]) -> Any:
    from harness.records.record import Evidence

    return Evidence(**data)


def test_a_scored_part_goes_into_the_record_and_reads_back(installed: None) -> None:
    record = scored_record()
    assert parse_record(to_json(record), where="x") == record
    assert [(m.name, m.unit) for m in record.metrics] == [("accuracy", ""), ("margin", "tokens")]
    assert record.first_stage is None


@pytest.mark.parametrize(
    ("target", "part", "said"),
    [
        ("tests.records.stranger:partless", None, "names no model"),
        (NAME, stranger.OtherPart(), "OtherPart, which is no StrangerPart"),
        (NAME, {"ties": 1}, "dict, which is no StrangerPart"),
        (None, {"ties": 1}, "dict, which is no Strict"),
    ],
)
def test_a_part_that_the_suite_does_not_name_is_one_line(
    monkeypatch: pytest.MonkeyPatch, target: str | None, part: Any, said: str
) -> None:
    if target is not None:
        monkeypatch.setitem(SUITES, "stranger", target)
    with pytest.raises(InvalidError, match=said) as caught:
        scored_record(part)
    assert "\n" not in caught.value.message


def test_a_suite_says_by_how_much_its_numbers_may_move(installed: None) -> None:
    found = read()

    def moved(path: str, value: Any) -> list[str]:
        part = json.loads(json.dumps(PART))
        damage(path, value)(part)
        return list(differences(read(part), found))

    assert moved("gaps.0.gap", 1.0009) == []
    assert moved("gaps.0.gap", 1.002) == ["part.gaps[0].gap: 1.002 is claimed, 1.0 follows"]
    assert moved("gaps.0.interval.0", 0.5001) == [
        "part.gaps[0].interval[0]: 0.5001 is claimed, 0.5 follows"
    ]
    assert moved("ties", 2) == ["part.ties: 2 is claimed, 1 follows"]
    assert moved("gaps", PART["gaps"][:1]) == ["part.gaps: 1 entries are claimed, 2 follow"]
    assert list(differences(read(None), found))


def test_a_fit_may_stop_elsewhere_and_nothing_else_of_image_quality() -> None:
    folder = Path(__file__).resolve().parents[2] / "submissions" / "marginbench__piqe" / "v1"
    text = (folder / "records" / "image-quality.severity.json").read_text()
    found = parse_record(text, where="baseline")
    data = json.loads(to_json(found))
    first = data["part"]["fit"]["parameters"][0]

    def claimed(value: float) -> Record:
        data["part"]["fit"]["parameters"][0] = value
        return parse_record(json.dumps(data), where="claimed")

    assert list(differences(claimed(first * (1 + 5e-5)), found)) == []
    (said,) = differences(claimed(first * (1 + 5e-4)), found)
    assert said.startswith("part.fit.parameters[0]: ")
    data["part"]["sign"]["p"] = 0.5
    assert any(said.startswith("part.sign.p: ") for said in differences(claimed(first), found))


def test_parts_that_are_installed_are_described(installed: None) -> None:
    defined = described(builtin=False).model_json_schema()["$defs"]
    assert {"StrangerPart", "Gap", "FlipsPart"} <= set(defined)
    assert "StrangerPart" not in described(builtin=False).model_fields
    names = {model.__name__ for model in parts.part_models(builtin=False)}
    assert names == {
        *("RerankingPart", "DetectionPart", "ConsistencyPart", "FlipsPart", "OpinionPart"),
        *("PreferencePart", "StrangerPart"),
    }


def test_lazy_parts_of_all_suites_are_listed_without_their_models() -> None:
    for name, target in SUITES.items():
        assert isinstance(parts.suite_named(name).part, Lazy), target  # type: ignore[union-attr]
