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


def policy(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return path


def test_a_policy_lets_slices_decide(command: Command, scored: Runs, tmp_path: Path) -> None:
    old, new = scored("old", set(sorted(LAW)[:40])), scored("new", set(sorted(NEWS)[:40]))
    held = policy(tmp_path, '[default]\nmin_drop = "5%"\nby = ["domain"]\n')
    report = tmp_path / "c.json"
    done = command("compare", old, new, "--policy", held, "--by", "class", "--json", report)
    assert done.code == 1, done.out
    assert "fails: accuracy within domain 'news': worse by" in done.out
    (task,) = json.loads(report.read_text())["tasks"]
    assert [(one["by"], one["decides"]) for one in task["slices"]] == [
        ("domain", True),
        ("class", False),
    ]
    # Nothing changed: nothing fails, and what cannot be told of one item is no gap.
    assert command("compare", old, old, "--policy", held).code == 0
    # Several candidates have the policy's slices, too.
    done = command("compare", old, new, old, "--policy", held)
    assert done.code == 1
    assert "fails: accuracy within domain 'news'" in done.out


def test_slices_that_decide_and_are_not_there_are_no_pass(
    command: Command, scored: Runs, tmp_path: Path
) -> None:
    old = scored("old", {1, 2})
    done = command(
        "compare", old, old, "--policy", policy(tmp_path, '[default]\nby = ["attack"]\n')
    )
    assert (done.code, done.out) == (2, "")
    assert "cannot be sliced by 'attack'" in done.err
    for wrong in ('"domain"', "[1]", "true"):
        path = policy(tmp_path, f"[default]\nby = {wrong}\n")
        done = command("compare", old, old, "--policy", path)
        assert (done.code, len(done.err.splitlines())) == (2, 1)
        assert "must be a list of columns" in done.err


def test_names_of_slices_move_no_cursor(command: Command, scored: Runs, tmp_path: Path) -> None:
    bad = "a\x1b[31m|<b>\u202e" + "long" * 100
    rows = [(f"item-{n:03d}", CLASSES[n % 4], (bad, "fine")[n % 2]) for n in range(400)]
    labels = write(tmp_path / "hostile.csv", ("id", "label", "domain"), rows)
    runs = []
    for name, wrong in (("old", set()), ("new", set(range(0, 400, 4)))):
        answers = [(f"item-{n:03d}", CLASSES[(n + (n in wrong)) % 4]) for n in range(400)]
        path = write(tmp_path / f"{name}.csv", ("id", "prediction"), answers)
        done = command(
            *("score", "--task", "flips/predictions", "--data", labels, "--predictions", path),
            *("--model-name", name, "--out", tmp_path / "hostile" / name),
        )
        assert done.code == 0
        runs.append(tmp_path / "hostile" / name)
    held = policy(tmp_path, '[default]\nby = ["domain"]\n')
    texts = [tmp_path / "c.md", tmp_path / "c.xml"]
    for runs_given in (runs, [*runs, runs[0]]):
        done = command(
            *("compare", *runs_given, "--policy", held),
            *("--markdown", texts[0], "--junit", texts[1]),
        )
        assert done.code == 1
        ElementTree.fromstring(texts[1].read_text())
        for text in (done.out, texts[0].read_text(), texts[1].read_text()):
            assert "\x1b" not in text
            assert "\u202e" not in text
        assert "<b>" not in texts[0].read_text()
        assert max(map(len, done.out.splitlines())) < 1200
