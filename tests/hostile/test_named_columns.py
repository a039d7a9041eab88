"""Columns that are named, or could each be meant: the one that is named is read, none is guessed.

A name that nothing is read by, and an option that was left aside, gave another column's figure.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.hostile.scored import Desk

PAIRS = "id,prompt,chosen,rejected\n1,p,a,b\n2,q,c,d\n"
TEXTS = "id,text,label,fake\n" + "".join(f"{i},t{i},{i % 2},{(i // 2) % 2}\n" for i in range(40))
SCORES = "id,score,prob\n" + "".join(f"{i},{i % 2},{1 - i % 2}\n" for i in range(40))


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


@pytest.mark.parametrize("name", ["lists.csv", "lists.parquet", "lists.trec"])
def test_a_named_column_of_answers_to_lists_is_not_left_aside(desk: Desk, name: str) -> None:
    rows = [("1", "1/chosen", 1.0), ("1", "1/rejected", 0.0), ("2", "2/chosen", 1.0)]
    rows.append(("2", "2/rejected", 0.0))
    path = desk.folder / name
    if name.endswith("csv"):
        cells = "".join(f"{g},{i},{s},{1 - s}\n" for g, i, s in rows)
        desk.file(name, "group,item,score,prob\n" + cells)
    elif name.endswith("trec"):
        desk.file(name, "".join(f"{g} Q0 {i} 1 {s} t\n" for g, i, s in rows))
    else:
        group, item, score = (list(column) for column in zip(*rows, strict=True))
        prob = [1 - value for value in score]
        table = pa.table({"group": group, "item": item, "score": score, "prob": prob})
        pq.write_table(table, path)
    data = desk.file("pairs.csv", PAIRS)
    plain = desk.score("preference/predictions", data, path)
    assert plain.code == 0
    assert plain.values["pair accuracy[strict]"] == 1
    told = ("--predictions-column", "score=prob")
    said = desk.score("preference/predictions", data, path, *told)
    assert said.code == 2
    assert "--predictions-column" in said.error


def test_a_named_column_goes_before_the_known_one_in_parquet_too(desk: Desk) -> None:
    table = pa.table(
        {
            "item": [str(i) for i in range(40)],
            "score": [float(i % 2) for i in range(40)],
            "prob": [float(1 - i % 2) for i in range(40)],
        }
    )
    pq.write_table(table, desk.folder / "scores.parquet")
    data = desk.file("texts.csv", TEXTS)
    told = ("--predictions-column", "score=prob")
    for answers in (desk.folder / "scores.parquet", desk.file("scores.csv", SCORES)):
        assert desk.score("detection/folder", data, answers).values["AUROC"] == 1
        assert desk.score("detection/folder", data, answers, *told).values["AUROC"] == 0


@pytest.mark.parametrize(
    ("task", "data", "answers", "told"),
    [
        ("detection/folder", TEXTS, SCORES, "lable=fake"),
        ("flips/predictions", "id,label,old\n1,x,y\n", "id,prediction\n1,x\n", "refrence=old"),
        (
            "image-quality/folder",
            "image,mos,b\na,1,2\nb,2,1\n",
            "image,score\na,1\nb,2\n",
            "moss=b",
        ),
        ("preference/predictions", PAIRS, "group,item,score\n1,1/chosen,1\n", "choosen=rejected"),
        ("consistency/folder", "id,label,b\na,x,y\nb,x,y\n", "item,score\na,1\n", "lable=b"),
    ],
)
def test_a_role_that_nothing_is_read_by_is_refused(
    desk: Desk, task: str, data: str, answers: str, told: str
) -> None:
    said = desk.score(
        task, desk.file("data.csv", data), desk.file("answers.csv", answers), "--column", told
    )
    assert said.code == 2
    assert told.partition("=")[0] in said.error
    assert "Did you mean" in said.error


def test_a_role_of_answers_that_there_is_not_is_refused(desk: Desk) -> None:
    data, answers = desk.file("texts.csv", TEXTS), desk.file("scores.csv", SCORES)
    said = desk.score("detection/folder", data, answers, "--predictions-column", "scor=prob")
    assert said.code == 2
    assert "scor=" in said.error


@pytest.mark.parametrize(
    "told",
    [
        ("--column", "label=fake", "--column", "label=label"),
        ("--predictions-column", "score=prob", "--predictions-column", "score=score"),
        ("--label-map", "1=human", "--label-map", "1=machine"),
    ],
)
def test_what_is_told_twice_and_differs_is_refused(desk: Desk, told: tuple[str, ...]) -> None:
    data, answers = desk.file("texts.csv", TEXTS), desk.file("scores.csv", SCORES)
    said = desk.score("detection/folder", data, answers, *told)
    assert said.code == 2
    assert "too" in said.error


def test_clusters_are_of_the_column_that_is_named_to_the_letter(desk: Desk) -> None:
    head, *rows = TEXTS.splitlines()
    cells = "".join(f"{row},{n},{n // 10}\n" for n, row in enumerate(rows))
    data = desk.file("texts.csv", f"{head},src,SRC\n{cells}")
    answers = desk.file("scores.csv", SCORES)
    for name, clusters in (("src", 40), ("SRC", 4)):
        desk.score("detection/folder", data, answers, "--cluster", name)
        found = next((desk.folder / f"runs-{1 + (name == 'SRC')}").rglob("record.json"))
        assert f'"clusters": {clusters}' in found.read_text()
    said = desk.score("detection/folder", data, answers, "--cluster", "Src")
    assert said.code == 1
    assert "one name but for the case" in said.error


@pytest.mark.parametrize(
    ("task", "data", "answers"),
    [
        ("flips/predictions", "id,label\n1,x\n2,y\n", "id,answer,predicted\n1,y,x\n2,x,y\n"),
        (
            "preference/verdicts",
            "id,prompt,response_a,response_b,label\n1,p,a,b,A\n",
            "id,answer,choice\n1,B,A\n",
        ),
        (
            "preference/likelihoods",
            PAIRS,
            "id,logp,logprob,tokens\n1/chosen,-1,-2,1\n1/rejected,-2,-1,1\n",
        ),
        ("preference/predictions", PAIRS, "qid,query_id,docid,score\n1,2,1/chosen,1\n"),
        ("preference/predictions", PAIRS, "qid,docid,corpus-id,score\n1,1/chosen,1/rejected,1\n"),
    ],
)
def test_of_two_columns_that_could_each_be_meant_none_is_taken(
    desk: Desk, task: str, data: str, answers: str
) -> None:
    said = desk.score(task, desk.file("data.csv", data), desk.file("answers.csv", answers))
    assert said.code == 2
    assert "could each be the" in said.error


def test_a_column_of_the_roles_own_name_goes_before_others(desk: Desk) -> None:
    data = desk.file("data.csv", "id,label\n1,x\n2,y\n")
    answers = desk.file("answers.csv", "id,answer,prediction\n1,y,x\n2,x,y\n")
    assert desk.score("flips/predictions", data, answers).values["accuracy"] == 1


def test_of_two_opinions_the_one_that_is_left_out_is_said(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    rows = "".join(f"{n}.png,{n},{n * 7 % 5}\n" for n in range(5))
    data = desk.file("opinions.csv", f"image,score,mos\n{rows}")
    answers = desk.file(
        "answers.csv", "image,score\n" + "".join(f"{n}.png,{n}\n" for n in range(5))
    )
    assert desk.score("image-quality/folder", data, answers).values["SRCC"] == 1
    assert "'mos' is not read" in caplog.text
    caplog.clear()
    told = desk.score("image-quality/folder", data, answers, "--column", "mos=mos")
    assert told.values["SRCC"] < 1
    assert not caplog.text
