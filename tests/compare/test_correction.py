"""The policy chooses how p are adjusted, over the same families."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.compare.comparison import Comparison, compare
from harness.compare.policy import BH, HOLM, Budget, Policy, read_policy
from harness.compare.reports.json import to_json
from harness.compare.reports.markdown import to_markdown
from harness.compare.reports.text import policy_line
from harness.compare.sides import Side
from harness.compare.verdicts import Verdict
from harness.errors import UsageError
from tests.cli.conftest import Command, command
from tests.compare.test_missing import changed, no_suite, shares

__all__ = ["command"]


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Side], dict[str, Side]]:
    """Thirty tasks; on half of them some items are lost, on the others nothing changed."""
    folder = tmp_path_factory.mktemp("sides")
    right = np.arange(400) % 40 < 33
    before = shares(folder / "old", right)
    old, new = dict[str, Side](), dict[str, Side]()
    for number in range(30):
        lost = 19 + number % 3 if number < 15 else 0
        after = right & ~(np.cumsum(right) <= lost)
        side = shares(folder / str(number), after)
        for where, one in ((old, before), (new, side)):
            task = one.record.task.model_copy(update={"id": f"t/{number:02d}"})
            where[f"t/{number:02d}"] = changed(one, task=task)
    return old, new


def compared(sides: tuple[dict[str, Side], dict[str, Side]], correction: str) -> Comparison:
    return compare(*sides, Policy(Budget(min_drop=0.02), correction=correction), no_suite)


def test_each_rule_is_that_of_its_source_over_one_family(
    sides: tuple[dict[str, Side], dict[str, Side]],
) -> None:
    found = {rule: compared(sides, rule) for rule in (HOLM, BH)}
    rows = {rule: [task.deltas[0] for task in one.tasks] for rule, one in found.items()}
    for raw, made in (("p", "holm"), ("loss_p", "loss_holm")):
        plain = [getattr(row, raw) for row in rows[BH]]
        assert plain == [getattr(row, raw) for row in rows[HOLM]]
        wanted = stats.false_discovery_control(plain, method="bh")
        assert [getattr(row, made) for row in rows[BH]] == pytest.approx(wanted.tolist())
    worse = {
        rule: {task.task for task in one.tasks if task.verdict is Verdict.WORSE}
        for rule, one in found.items()
    }
    assert worse[HOLM] < worse[BH] == {f"t/{number:02d}" for number in range(15)}


def test_the_report_says_which(sides: tuple[dict[str, Side], dict[str, Side]]) -> None:
    holm, bh = compared(sides, HOLM), compared(sides, BH)
    said = "p adjusted by Benjamini and Hochberg's rule, not Holm's"
    assert policy_line(holm) == ""
    assert policy_line(bh) == f"policy: {said}"
    assert said in to_markdown(bh)
    assert [json.loads(to_json(one))["correction"] for one in (holm, bh)] == [HOLM, BH]


def test_it_stands_above_all_tables(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('correction = "bh"\n')
    assert read_policy(path) == Policy(correction=BH)
    assert read_policy(path).override(min_drop=0.1).correction == BH
    assert read_policy(path).corrected("holm").correction == HOLM
    path.write_text('[default]\ncorrection = "bh"\n')
    with pytest.raises(UsageError, match="Put it above all tables"):
        read_policy(path)
    for bad in ("'BH'", "true", "['bh']", "1", "{}"):
        path.write_text(f"correction = {bad}\n")
        with pytest.raises(UsageError, match="must be 'holm' or 'bh'"):
            read_policy(path)


def test_the_flag_goes_before_the_file(command: Command, tmp_path: Path) -> None:
    side = shares(tmp_path / "a").folder
    path = tmp_path / "p.toml"
    path.write_text('correction = "bh"\n')
    done = command("compare", side, side, "--policy", path)
    assert "Benjamini" in done.out
    done = command("compare", side, side, "--policy", path, "--correction", "holm")
    assert "Benjamini" not in done.out
    done = command("compare", side, side, "--correction", "fdr")
    assert (done.code, "'fdr' is not one of 'holm', 'bh'" in done.err) == (2, True)
