"""One card for each metric: found by name, told the same everywhere, held by every record."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.metrics.cards import asides, beyond, card_named, range_text
from harness.nouns import MetricCard, Suite
from harness.records.record import MetricValue, read_record
from harness.registry import card_of, suites

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "metrics.md"
RECORDS = sorted(
    [*ROOT.glob("submissions/*/*/records/*.json"), *ROOT.glob(".github/baseline/*/record.json")]
)
CARDS = [(suite.name, card) for suite in suites() for card in suite.described]


def card(name: str, *also: str) -> MetricCard:
    return MetricCard(name, "made up", "higher", 0, 1, also=also)


@pytest.mark.parametrize(
    ("pattern", "name", "numbers"),
    [
        ("nDCG@k", "nDCG@10", (10,)),
        ("AP(rel=n)@k", "AP(rel=2)@100", (2, 100)),
        ("TPR@FPR=a[calibrated]", "TPR@FPR=0.1%[calibrated]", (0.001,)),
        ("OPIS@worst10%[FAR=a..b]", "OPIS@worst10%[FAR=1%..10%]", (0.01, 0.1)),
        ("AUC[different/similar]", "AUC[different/similar]", ()),
        ("RMSE*", "RMSE*", ()),
        ("delay@p=a", "delay@p=90%", (0.9,)),
        ("d'", "d'", ()),
    ],
)
def test_letters_of_a_name_stand_for_numbers(
    pattern: str, name: str, numbers: tuple[float, ...]
) -> None:
    assert card(pattern).matches(name)
    assert card(pattern).numbers(name) == numbers


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("nDCG@k", "nDCG@"), ("nDCG@k", "nDCG@ten"), ("nDCG@k", "nDCG"), ("nDCG@k", "nDCG@10 "),
        ("R@k", "RR@10"), ("RMSE*", "RMSEE"), ("AUC[better/worse]", "AUC[better"),
        ("r", "3"), ("FRR[carried@a]", "FRR[carried@1%,worst class]"), ("P@k", "P@-1"),
        ("nDCG@k", "nDCG@" + "1" * 10_000),
    ],
)  # fmt: skip
def test_other_names_do_not_match(pattern: str, name: str) -> None:
    assert not card(pattern).matches(name)


def test_further_forms_match_too() -> None:
    assert card("RR@k", "RR", "RR(rel=n)").numbers("RR(rel=2)") == (2,)
    assert card_named([card("AP"), card("RR@k", "RR")], "RR").name == "RR@k"
    with pytest.raises(LookupError, match="no card for the metric 'x'"):
        card_named([card("AP")], "x")


def test_a_card_that_cannot_be_is_refused_in_a_line() -> None:
    with pytest.raises(UsageError, match="Write 'higher', 'lower' or 'neither'"):
        MetricCard("m", "m", "more", 0, 1)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="1 is above 0"):
        MetricCard("m", "m", "lower", 1, 0)


def test_ranges_are_said_and_held() -> None:
    ends = {
        (0, 1): "0 to 1",
        (0, None): "0 up",
        (None, 2.5): "up to 2.5",
        (None, None): "any number",
    }
    for (low, high), said in ends.items():
        made = MetricCard("m", "m", "neither", low, high)
        assert range_text(made) == said
        assert beyond(made, [0.5]) == []
        assert beyond(made, [-3, 4]) == [n for n, end in ((-3, low), (4, high)) if end is not None]
    assert range_text(MetricCard("m", "m", "lower", 0, None, "ms")) == "0 up, ms"
    assert beyond(MetricCard("m", "m", "lower", 0, 1), [-1e-12, 1 + 1e-12]) == []


@pytest.mark.parametrize(
    ("higher", "unit", "said"),
    [(True, "", ""), (False, "", " (lower is better)"), (True, "dB", " (dB)"),
     (None, "", " (neither end is better)"), (False, "ms", " (ms, lower is better)")],
)  # fmt: skip
def test_what_a_name_says_for_itself(higher: bool | None, unit: str, said: str) -> None:
    assert asides(higher, unit) == said


@pytest.mark.parametrize("suite", suites(), ids=lambda suite: suite.name)
def test_every_metric_of_every_task_has_one_card(suite: Suite) -> None:
    names = {name for task in suite.tasks for name in (*task.metrics, *task.beside)}
    for name in names:
        assert [c.name for c in suite.described if c.matches(name)], name
        assert sum(c.matches(name) for c in suite.described) == 1, name
        found = card_of(suite.name, name)
        assert found is not None
        assert found.matches(name)
    for task in suite.tasks:
        primary = card_of(suite.name, task.primary_metric)
        assert primary is not None
        assert primary.better != "neither", "a rank needs a better end"


def test_unknown_suites_and_metrics_have_no_card() -> None:
    assert card_of("reranking", "SRCC") is None
    assert card_of("nobody's", "nDCG@10") is None


def test_every_card_says_all_that_it_is_asked() -> None:
    for suite, found in CARDS:
        where = f"{suite}: {found.name}"
        assert found.long_name, where
        assert found.long_name != found.name, where
        assert found.summary, where
        assert found.undefined, where
        assert not found.summary.endswith("."), where


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: str(path.relative_to(ROOT)))
def test_committed_records_hold_what_the_cards_say(path: Path) -> None:
    record = read_record(path)
    stage = record.first_stage
    metrics: list[MetricValue] = [*record.metrics, *(stage.metrics if stage else ())]
    for metric in metrics:
        found = card_of(record.task.suite, metric.name)
        assert found is not None, metric.name
        assert metric.higher_is_better is found.higher_is_better, metric.name
        assert metric.unit == found.unit, metric.name
        numbers = [n for n in (metric.value, *(metric.interval or ())) if n is not None]
        assert beyond(found, numbers) == [], metric.name


def test_there_are_committed_records() -> None:
    assert len(RECORDS) > 20


def slug(heading: str) -> str:
    """The anchor that Markdown gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def definitions() -> dict[str, str]:
    """Anchor of each definition (a heading of the third level) -> its text."""
    parts = re.split(r"^(#{1,3}) (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {}
    for level, heading, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if level == "###":
            found[slug(heading)] = text
    return found


def test_every_metric_is_defined_on_the_page_and_every_definition_is_of_one() -> None:
    assert {found.anchor for _, found in CARDS} == set(definitions())


def test_definitions_name_their_metrics() -> None:
    texts = definitions()
    for suite, found in CARDS:
        assert f"`{found.name}`" in texts[found.anchor], f"{suite}: {found.name}"


def row_of(found: MetricCard) -> str:
    cells = (
        f"`{found.name}`",
        found.long_name,
        found.better,
        range_text(found).replace(f", {found.unit}", "") if found.unit else range_text(found),
        found.unit or "fraction",
        found.undefined,
    )
    return f"| {' | '.join(cells)} |"


def test_the_page_lists_the_cards_as_they_are() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for suite, found in CARDS:
        assert row_of(found) in lines, f"{suite}: docs/metrics.md lacks the row\n{row_of(found)}"
    listed = [line for line in lines if line.endswith("|") and line.count("|") == 7]
    heads = [line for line in listed if line.startswith(("| name |", "|---"))]
    assert len(listed) - len(heads) == len(CARDS)
