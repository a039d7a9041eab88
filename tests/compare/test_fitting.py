"""A policy that fits nothing is an error, and its numbers are bounded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.compare.fitting import Fact, check_policy, facts_of
from harness.compare.policy import Budget, Policy, limits, read_policy
from harness.compare.sides import all_sides
from harness.errors import UsageError
from harness.registry import suite_named
from tests.compare.made_sides import COMMITTED

TASKS = ("flips/digits", "reranking/code-search/networkx")
EVERY = ("max_nfr", "max_new_failures", "max_latency_ratio", "max_memory_ratio")
FACTS = {
    "flips/digits": Fact({"accuracy": "", "NFR": ""}, EVERY[:2]),
    "reranking/code-search/networkx": Fact({"nDCG@10": "", "OPIS[FAR=1%..10%]": "ms"}, EVERY),
}


def policy(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return read_policy(path)


@pytest.mark.parametrize("pattern", ["flips/*", "flips/digits", "*", "reranking/code-search/*"])
def test_a_table_that_fits_a_task_is_taken(pattern: str) -> None:
    check_policy(Policy(tasks={pattern: Budget()}), TASKS)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("flips/digit", "Did you mean 'flips/digits'?"),
        ("flip/*", "which fits no task that is compared"),
        ("reranking/typo", "Known: flips/digits, reranking/code-search/networkx"),
        ("", "fits no task"),
    ],
)
def test_a_table_that_fits_no_task_is_refused(pattern: str, said: str) -> None:
    given = Policy(tasks={"flips/*": Budget(), pattern: Budget()})
    with pytest.raises(UsageError) as found:
        check_policy(given, TASKS)
    assert said in str(found.value)
    assert found.value.exit_code == 2


def test_a_metric_that_no_task_has_is_refused() -> None:
    for named in ({"accuracy": 0.1}, {"NF*": 0.1}, {"OPIS[FAR=1%..10%]": 5.0}, {"OPIS*": 5.0}):
        check_policy(Policy(Budget(metrics=named)), TASKS, FACTS)
    with pytest.raises(UsageError, match="Did you mean 'accuracy'"):
        check_policy(Policy(Budget(metrics={"acuracy": 0.1})), TASKS, FACTS)
    # It is there, but in no task that the table is for.
    table = Policy(tasks={"flips/*": Budget(metrics={"nDCG@10": 0.1})})
    with pytest.raises(UsageError, match="which no task has that it is for"):
        check_policy(table, TASKS, FACTS)
    with pytest.raises(UsageError, match="accuracy is a fraction"):
        check_policy(Policy(Budget(metrics={"accuracy": 3.0})), TASKS, FACTS)


@pytest.mark.parametrize("limit", EVERY)
def test_a_limit_that_nothing_can_check_is_refused(limit: str) -> None:
    given = Policy(Budget(**{limit: 1}))
    check_policy(given, TASKS, FACTS)  # one of the tasks can
    blind = {task: Fact(fact.metrics, ()) for task, fact in FACTS.items()}
    with pytest.raises(UsageError, match=f"{limit} = 1 cannot be checked on any task"):
        check_policy(given, TASKS, blind)
    check_policy(Policy(), TASKS, blind)


def test_a_limit_of_one_table_needs_a_task_of_that_table() -> None:
    table = Policy(tasks={"flips/*": Budget(max_latency_ratio=1.2)})
    with pytest.raises(UsageError, match=r"cannot be checked on any task .* \(flips/digits\)"):
        check_policy(table, TASKS, FACTS)
    default = Budget(max_latency_ratio=1.2)
    check_policy(Policy(default, {"flips/*": default}), TASKS, FACTS)  # the default's, taken over


def test_facts_of_committed_records() -> None:
    pairs = {side.record.task.id: (side.record, side.record) for side in all_sides([COMMITTED])}
    facts = facts_of(pairs, suite_named)
    assert all({"max_nfr", "max_new_failures"} <= set(fact.checkable) for fact in facts.values())
    check_policy(Policy(Budget(max_nfr=0.1, max_memory_ratio=2)), list(facts), facts)
    assert "max_nfr" not in facts_of(pairs, lambda _: None)["flips/digits"].checkable
    scored = {k: tuple(r.model_copy(update={"run": None}) for r in v) for k, v in pairs.items()}
    with pytest.raises(UsageError, match="neither side was run"):
        check_policy(Policy(Budget(max_memory_ratio=2)), list(facts),
                     facts_of(scored, suite_named))  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "min_drop = -0.1", "min_drop = nan", "min_drop = inf", "min_drop = 1e7", "min_drop = true",
        'min_drop = "300%"', 'min_drop = ""', f"min_drop = 0x{'f' * 400}", "max_nfr = 1.5",
        "max_nfr = nan", "max_new_failures = -1", "max_new_failures = 1.5",
        "max_new_failures = 1_000_000_001", f"max_new_failures = {'9' * 5000}",
        f"max_new_failures = 0x{'f' * 4000}", "max_latency_ratio = 0", "max_latency_ratio = inf",
        "max_latency_ratio = nan", "max_memory_ratio = 1000.5", "max_memory_ratio = -1",
        "metrics = 1", "metrics.accuracy = -1", 'metrics.accuracy = "x"', "metrics.accuracy = nan",
        'metrics = {"a*" = 0.1, "ab" = 0.2}', f"min_drop = {'[' * 3000}",
        f"min_drop = {'a.' * 3000}a = 1", f"{'a.' * 3000}a = 1", "min_drop = 1e999",
    ],
)  # fmt: skip
def test_numbers_are_bounded_and_every_refusal_is_one_short_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as found:
        policy(tmp_path, f"[default]\n{text}\n")
    assert "\n" not in str(found.value)
    assert len(str(found.value)) < 600 + len(str(tmp_path))
    assert "policy.toml" in str(found.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_drop", float("nan")), ("min_drop", 1e7), ("max_nfr", 2.0), ("max_new_failures", -1),
        ("max_latency_ratio", float("inf")), ("max_memory_ratio", 0.0), ("strict", 1),
        ("metrics", {"accuracy": float("nan")}),
    ],
)  # fmt: skip
def test_the_same_numbers_are_refused_in_python_and_as_flags(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=name):
        check_policy(Policy(Budget(**{name: value})), TASKS)
    with pytest.raises(UsageError, match=name):
        limits(**{name: value})


def test_the_largest_numbers_are_taken(tmp_path: Path) -> None:
    found = policy(
        tmp_path,
        "[default]\nmin_drop = 1e6\nmax_nfr = 1\nmax_new_failures = 1_000_000_000\n"
        "max_latency_ratio = 1000\nmax_memory_ratio = 0.001\n"
        '[task."flips/*".metrics]\naccuracy = "2%"\n"OPIS[FAR=1%..10%]" = 0.003\n',
    )
    budget = found.budget("flips/digits")
    assert budget.own_drop("accuracy") == 0.02
    assert budget.own_drop("OPIS[FAR=1%..10%]") == 0.003  # brackets are no set of letters here
    assert budget.own_drop("NFR") is None
    assert (budget.max_latency_ratio, budget.max_new_failures) == (1000.0, 1_000_000_000)


@pytest.mark.parametrize("text", ["", "# nothing\n", "[default]\n", "[task]\n"])
def test_a_policy_without_a_limit_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="sets no limit"):
        policy(tmp_path, text)


def tables(*patterns: str) -> str:
    return "".join(f'[task."{pattern}"]\nmax_nfr = 0.1\n' for pattern in patterns)


@pytest.mark.parametrize(
    "patterns", [("flips/*", "flips/digits"), ("*", "flips/*"), ("a*", "b", "a*b")]
)
def test_a_table_behind_one_that_takes_all_its_tasks_never_counts(
    tmp_path: Path, patterns: Sequence[str]
) -> None:
    with pytest.raises(UsageError, match=r"never counts, because .* stands before it"):
        policy(tmp_path, tables(*patterns))
    policy(tmp_path, tables(*reversed(patterns)))


def test_a_file_of_any_size_is_read_fast(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="larger than 64 KiB"):
        policy(tmp_path, "#" * 100_000)
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not a policy file"):
        read_policy(path)
    with pytest.raises(UsageError, match="not a policy file"):
        read_policy(tmp_path)
    with pytest.raises(UsageError, match="not a policy file"):
        read_policy(tmp_path / "nowhere.toml")
