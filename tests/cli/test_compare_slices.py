"""``compare --by`` and several candidates from the command line, on made-up answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Command
from tests.cli.test_compare import CLASSES, write

Runs = Callable[..., Path]
DOMAINS = ("law", "news", "odes & <odes>")


def domain(n: int) -> str:
    return DOMAINS[n // 4 % 3] if n < 396 else ""


@pytest.fixture
def scored(command: Command, tmp_path: Path) -> Runs:
    """A run of a model that is wrong on the given of 400 items, which are of three domains."""
    rows = [(f"item-{n:03d}", CLASSES[n % 4], domain(n)) for n in range(400)]
    labels = write(tmp_path / "labels.csv", ("id", "label", "domain"), rows)

    def call(name: str, wrong: set[int], most: int = 400) -> Path:
        answers = [(f"item-{n:03d}", CLASSES[(n + (n in wrong)) % 4]) for n in range(most)]
        path = write(tmp_path / f"{name}.csv", ("id", "prediction"), answers)
        out = tmp_path / "runs" / name
        done = command(
            *("score", "--task", "flips/predictions", "--data", labels, "--predictions", path),
            *("--model-name", name, "--out", out),
        )
        assert done.code == 0, done.err
        return out

    return call


NEWS = {n for n in range(396) if domain(n) == "news"}
LAW = {n for n in range(396) if domain(n) == "law"}


def test_a_broken_domain_is_found_where_the_whole_is_not_worse(
    command: Command, scored: Runs, tmp_path: Path
) -> None:
    old = scored("old", set(sorted(LAW)[:40]))
    new = scored("new", set(sorted(NEWS)[:40]))
    reports = [tmp_path / f"c.{kind}" for kind in ("json", "md", "xml")]
    done = command(
        *("compare", old, new, "--by", "domain", "--by", "class", "--min-drop", "5%"),
        *("--json", reports[0], "--markdown", reports[1], "--junit", reports[2]),
    )
    assert done.code == 0, done.out  # slices decide nothing
    assert "worse within domain 'news' of flips/predictions" in done.out.splitlines()[-1]
    (task,) = json.loads(reports[0].read_text())["tasks"]
    assert task["verdict"] == "same"
    by_domain, by_class = task["slices"]
    assert (by_domain["by"], by_class["by"]) == ("domain", "class")
    told = {one["value"]: one for one in by_domain["slices"]}
    assert by_domain["slices"][0]["value"] == "news"
    assert list(told) != sorted(told)
    for name, lost, won in (("news", 40, 0), ("law", 0, 40), (DOMAINS[2], 0, 0), ("(none)", 0, 0)):
        one = told[name]
        inside = {n for n in range(400) if (domain(n) or "(none)") == name}
        flips, (accuracy,) = one["flips"], one["metrics"]
        assert (one["items"], flips["n"]) == (len(inside), len(inside))
        assert (flips["lost"], flips["won"]) == (lost, won)
        assert accuracy["difference"] == pytest.approx((won - lost) / len(inside))
        assert len(flips["items"]) == min(lost, 20)
    assert told["news"]["metrics"][0]["verdict"] == "worse"
    assert told["law"]["metrics"][0]["verdict"] == "better"
    assert len(by_class["slices"]) == 4
    suite = ElementTree.fromstring(reports[2].read_text()).find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.attrib["tests"]) == 2 + 4 + 4
    assert not suite.findall(".//failure")
    assert "<odes>" not in reports[1].read_text()
    assert "by domain, worst first" in reports[1].read_text()


def test_without_the_option_nothing_is_sliced(
    command: Command, scored: Runs, tmp_path: Path
) -> None:
    old, new = scored("old", set()), scored("new", NEWS)
    done = command("compare", old, new, "--json", tmp_path / "c.json")
    assert done.code == 1
    (task,) = json.loads((tmp_path / "c.json").read_text())["tasks"]
    assert task["slices"] == []
    assert "worst first" not in done.out.partition("flips by")[0]


def test_an_unknown_column_is_exit_2_with_those_there_are(command: Command, scored: Runs) -> None:
    done = command("compare", scored("old", set()), scored("new", NEWS), "--by", "generator")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert "cannot be sliced by 'generator'. It can be by domain, class" in done.err


def test_several_candidates_have_a_column_each(
    command: Command, scored: Runs, tmp_path: Path
) -> None:
    old, bad, good = scored("old", set(range(20))), scored("bad", NEWS), scored("good", {1})
    report = tmp_path / "c.json"
    done = command("compare", old, good, bad, "--by", "domain", "--json", report)
    assert done.code == json.loads(report.read_text())["exit_code"] == 1
    head = next(line for line in done.out.splitlines() if "baseline" in line)
    assert head.split() == ["baseline", "good", "bad"]
    assert done.out.splitlines()[-1] == "WORSE – good: fine; bad: WORSE"
    codes = {one["name"]: one["exit_code"] for one in json.loads(report.read_text())["candidates"]}
    assert codes == {"good": 0, "bad": 1}
    assert command("compare", old, good, old).code == 0


def test_several_candidates_and_one_that_is_no_run(command: Command, scored: Runs) -> None:
    old, good = scored("old", set()), scored("good", {1})
    empty = old.parent.parent / "empty"
    empty.mkdir()
    done = command("compare", old, good, empty)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert str(empty) in done.err
    done = command("compare", old, good, good)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "given twice" in done.err
