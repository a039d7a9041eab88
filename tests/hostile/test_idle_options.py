"""Options that mean nothing to a task: refused, since a figure without them is another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.scored import Desk

PAIRS = "id,prompt,chosen,rejected\n1,p,a,b\n2,q,c,d\n"
SCORES = "group,item,score\n1,1/chosen,2\n1,1/rejected,1\n2,2/chosen,1\n"


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


@pytest.mark.parametrize(
    "told", [("--missing", "first-stage"), ("--depth", "1"), ("--first-stage", "run.trec")]
)
def test_preferences_have_no_first_stage(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, told: tuple[str, ...]
) -> None:
    monkeypatch.chdir(desk.folder)
    desk.file("run.trec", "1 Q0 1/chosen 1 1 t\n")
    data, answers = desk.file("pairs.csv", PAIRS), desk.file("scores.csv", SCORES)
    said = desk.score("preference/predictions", data, answers, *told)
    assert said.code == 2
    assert "means nothing to preferences" in said.error
    zero = desk.score("preference/predictions", data, answers, "--missing", "zero")
    assert zero.values["pair accuracy[strict]"] == 0.5


@pytest.mark.parametrize(
    ("task", "data", "answers"),
    [
        ("flips/predictions", "id,label\n1,x\n2,y\n", "id,prediction\n1,x\n2,y\n"),
        (
            "preference/verdicts",
            "id,prompt,response_a,response_b,label\n1,p,a,b,A\n",
            "id,verdict\n1,A\n",
        ),
        (
            "preference/likelihoods",
            PAIRS.partition("2,q")[0],
            "id,log_probability,tokens\n1/chosen,-1,1\n1/rejected,-2,1\n",
        ),
    ],
)
def test_what_is_no_score_has_no_direction(desk: Desk, task: str, data: str, answers: str) -> None:
    files = desk.file("data.csv", data), desk.file("answers.csv", answers)
    assert desk.score(task, *files).code == 0
    said = desk.score(task, *files, "--direction", "lower")
    assert said.code == 2
    assert "--direction means nothing" in said.error
