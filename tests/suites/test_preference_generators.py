"""Two generators under several reward models: rates by a loop, agreement by scikit-learn."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from harness.compare.sides import all_sides
from harness.data.asked import LoadRequest
from harness.errors import UsageError
from harness.exhibits import Matrix, Remark, Shown, Table, exhibits_of
from harness.nouns import Task
from harness.records.scored import Scored, Scoring
from suites.preference.catalogue import find
from suites.preference.exhibits_generators import kappa
from suites.preference.items import Candidate, Item, assemble
from suites.preference.record import PreferencePart
from tests.cli.conftest import Command, command

__all__ = ["command"]

SCORES = st.sampled_from([0.0, 1.0, 2.5, math.nan])


def generators() -> Task:
    found = find("preference/generators/set")
    assert found is not None
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SCORES, SCORES), min_size=2, max_size=12))
def test_rates_are_those_of_a_plain_loop(rows: list[tuple[float, float]]) -> None:
    items = [Item(f"i{n}", f"p{n}", (Candidate(f"i{n}/A", "aa", 1), Candidate(f"i{n}/B", "b", 0)))
             for n in range(len(rows))]  # fmt: skip
    data = assemble(items, "nobody", where="test", ordered=True)
    task, scores = generators(), np.array([score for row in rows for score in row])
    found: Scored = task.score(task, data, scores, Scoring())
    values = {metric.name: metric.value for metric in found.metrics}
    known = [(a, b) for a, b in rows if not math.isnan(a) and not math.isnan(b)]
    won, tied = sum(a > b for a, b in known), sum(a == b for a, b in known)
    if not known:
        assert set(values.values()) == {None}
    else:
        assert values["win rate of A[half]"] == pytest.approx((won + tied / 2) / len(known))
        assert values["win rate of A[strict]"] == pytest.approx(won / len(known))
        assert values["equal scores"] == pytest.approx(tied / len(known))
    assert isinstance(found.part, PreferencePart)
    assert found.part.unanswered == sum(map(math.isnan, scores))
    blind = {row.name: row.values["win rate of A[half]"] for row in found.part.blind}
    del blind["order"]  # loaded tables have none
    assert blind == {"constant": 0.5, "longer": 1, "shorter": 0, "random": 0.5}


WORDS = st.sampled_from(["A", "B", "neither"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=20))
def test_kappa_is_that_of_scikit_learn(rows: list[tuple[str, str]]) -> None:
    a, b = (np.array(part, dtype=np.str_) for part in zip(*rows, strict=True))
    if len({*a.tolist(), *b.tolist()}) > 1:
        assert kappa(a, b) == pytest.approx(cohen_kappa_score(a, b))
    else:
        assert kappa(a, b) is None


def test_one_list_of_prompts_under_three_models(command: Command, tmp_path: Path) -> None:
    """Two models prefer A in 45 of 60 prompts, the same but for ten; the third prefers B."""
    data = tmp_path / "answers.jsonl"
    data.write_text("".join(
        json.dumps({"id": n, "prompt": f"p{n}", "mine": f"mine {n}", "theirs": f"their answer {n}",
                    "subset": "xy"[n % 2]}) + "\n"
        for n in range(60)))  # fmt: skip
    told = ("--task", "preference/generators", "--data", data,
            "--column", "a=mine", "--column", "b=theirs")  # fmt: skip
    prefers = {"one": lambda n: n < 45, "two": lambda n: 5 <= n < 50, "three": lambda n: n < 9}
    for name, is_a in prefers.items():
        rows = ["group,item,score", *(
            f"{n},{n}/{side},{1.5 if is_a(n) == (side == 'A') else -0.5}"
            for n in range(60) for side in "AB")]  # fmt: skip
        (tmp_path / f"{name}.csv").write_text("\n".join(rows) + "\n")
        done = command("score", *told, "--predictions", tmp_path / f"{name}.csv",
                       "--model-name", name, "--out", tmp_path / "runs" / name)  # fmt: skip
        assert done.code == 0, done.err
    sides = all_sides([tmp_path / "runs"])
    found = exhibits_of([Shown(side.record.model.name, side) for side in sides])
    table = next(one for one in found if isinstance(one, Table))
    rates = {str(row[0]): row[1] for row in table.rows}
    assert [rates[name].value for name in prefers] == [0.75, 0.75, 0.15]  # type: ignore[union-attr]
    assert {"longer (blind)", "shorter (blind)"} <= rates.keys()
    share, beyond = (one for one in found if isinstance(one, Matrix))
    at = [row[0] for row in share.rows].index("one"), list(share.columns).index("two")
    figure = share.rows[at[0]][1][at[1]]
    assert figure.value == pytest.approx(50 / 60)
    assert figure.interval is not None
    assert beyond.rows[at[0]][1][at[1]].value == pytest.approx((50 / 60 - 0.625) / 0.375)
    said = [one.text for one in found if isinstance(one, Remark) and one.warning]
    assert any("disagree: " in text and "three for B" in text for text in said)
    done = command("compare", tmp_path / "runs" / "one", tmp_path / "runs" / "three")
    assert "flips by difference" in done.out, done.err
    done = command("show", tmp_path / "runs" / "one")
    assert "win rate of A[half]" in done.out
    assert "win rate of A[half] by subset" in done.out
    assert "No model beats" not in done.out


def test_a_table_without_two_answers_names_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,prompt,response_a\n1,p,x\n")
    with pytest.raises(UsageError, match="no answer of generator B; columns there: 'id', 'prompt'"):
        generators().load(LoadRequest(data=path))
