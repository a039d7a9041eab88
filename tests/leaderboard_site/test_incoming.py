"""The comment on a pull request, from folders of submissions to Markdown of a bounded size."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.submission.manifest.keepers import Author
from harness.submission.subject.finding import Finding
from leaderboard_site.incoming.markdown import MARKER, MOST_BYTES, MOST_FINDINGS, to_markdown
from leaderboard_site.incoming.report import report_incoming
from leaderboard_site.incoming.rows import NewRows, new_rows
from tests.leaderboard_site.test_new_rows import ALPHA, submit

ROOT = Path(__file__).resolve().parents[2]
NOTHING = NewRows((), (), 0)


def finding(number: int, text: str = "x") -> Finding:
    return Finding(f"a__b/r{number}/records/x.json", "record-json", text, "Mend it")


@pytest.fixture
def update(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Base, incoming with a second revision, and both scored again."""
    base, incoming, scored = (tmp_path / name for name in ("base", "incoming", "scored"))
    submit(base, "a__x/1", gain=-0.1, recomputed=scored)
    shutil.copytree(base, incoming)
    submit(incoming, "a__x/2", gain=0.1, predecessor="a__x/1", recomputed=scored)
    return base, incoming, scored


def test_nothing_new_is_said_to_be_nothing() -> None:
    assert to_markdown(NOTHING, ()) == f"{MARKER}\n## MarginBench: 0 new revisions, no finding\n\n"


def test_findings_stand_first_and_are_capped() -> None:
    text = to_markdown(NOTHING, [finding(n) for n in range(MOST_FINDINGS + 7)])
    assert text.startswith(f"{MARKER}\n## MarginBench: 57 findings, 0 new revisions without one\n")
    assert text.count("| `a__b/r") == MOST_FINDINGS
    assert "7 more findings: see the artifact" in text


def test_no_text_makes_the_comment_too_long(update: tuple[Path, Path, Path]) -> None:
    base, incoming, _ = update
    signs = "|*_`@#[]\\<>~$" * 60
    for name in range(19):
        submit(incoming, f"b__n{name:02d}/1")
    new = new_rows(base, incoming)
    many = tuple(replace(one, rows=one.rows * 50) for one in new.revisions)
    text = to_markdown(replace(new, revisions=many), [finding(n, signs) for n in range(200)])
    assert len(text.encode()) <= MOST_BYTES
    assert "more findings" in text
    assert "too many to show here" in text
    assert text.splitlines()[-1].endswith("</sub>") or "No rows" in text or "too many" in text


def test_the_words_of_an_update(update: tuple[Path, Path, Path]) -> None:
    base, incoming, scored = update
    text = to_markdown(new_rows(base, incoming, recomputed=scored), ())
    assert "### x: `a__x/2`\n\nLicence MIT.\n" in text
    assert f"| `{ALPHA}` | `nDCG@10` ↑ | 0." in text
    assert "| 1 of 1 | ◐ recomputed |" in text
    assert "|  | difference to `bm25` | +0." in text
    # The made-up tables have no clusters, so that nothing in them can be paired.
    assert f"| `{ALPHA}` | **incomplete**; nDCG" in text
    assert "of 2,000 queries | " in text


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (0.1, "**better**; by the two intervals alone"),
        (-0.3, "**worse**; by the two intervals alone"),
        (-0.1, "**cannot tell**; there were no predictions to compare item by item"),
    ],
)
def test_without_tables_the_records_say_what_they_can(
    tmp_path: Path, gain: float, said: str
) -> None:
    base, incoming = tmp_path / "base", tmp_path / "incoming"
    submit(base, "a__x/1", gain=-0.1)
    shutil.copytree(base, incoming)
    submit(incoming, "a__x/2", gain=gain)
    text = to_markdown(new_rows(base, incoming), ())
    assert said in text
    assert "○ self-reported" in text


def test_undefined_is_a_dash_with_its_reason(tmp_path: Path) -> None:
    base, incoming = tmp_path / "base", tmp_path / "incoming"
    submit(base, "a__x/1")
    shutil.copytree(base, incoming)
    changes = {"metrics.0.value": None, "metrics.0.interval": None, "metrics.0.reason": "no gold"}
    submit(incoming, "a__x/2", about={"changes": changes})
    text = to_markdown(new_rows(base, incoming), ())
    assert f"| `{ALPHA}` | `nDCG@10` ↑ | – | no gold | – | ○ self-reported |" in text
    assert "**cannot tell**; undefined on one side | – |" in text


def test_a_rough_interval_is_marked(tmp_path: Path) -> None:
    base, incoming = tmp_path / "base", tmp_path / "incoming"
    submit(base, "a__x/1")
    shutil.copytree(base, incoming)
    basis = {"method": "t-logit", "units": 9, "rough": "9 units, fit from 20 on"}
    later = {"metrics.0.basis": basis, "first_stage.differences.0.basis": basis}
    submit(incoming, "a__x/2", about={"later": later})
    lines = to_markdown(new_rows(base, incoming), ()).splitlines()
    marked = [line for line in lines if "~[" in line]
    assert [line.split("|")[2].strip() for line in marked] == [
        "`nDCG@10` ↑", "difference to `bm25`",
    ]  # fmt: skip
    assert any("`~` stands before an interval that may cover less" in line for line in lines)


def test_rows_are_held_back_where_a_finding_is(tmp_path: Path) -> None:
    base, incoming = tmp_path / "base", tmp_path / "incoming"
    base.mkdir()
    submit(incoming, "a__x/1")  # its task is on no board
    text = report_incoming(incoming, base)
    assert "`record-task`" in text
    assert "No rows yet for what has findings: `a__x/1`." in text
    assert "### x" not in text


def test_a_name_too_long_for_a_finding_hides_nothing(tmp_path: Path) -> None:
    base, incoming = tmp_path / "base", tmp_path / "incoming"
    base.mkdir()
    long = f"{'a' * 64}__{'b' * 64}/{'c' * 64}"
    submit(incoming, long)
    text = report_incoming(incoming, base)
    assert "0 new revisions without one" in text
    assert "No rows yet for what has findings" in text


def test_kept_runs_are_used_again(tmp_path: Path) -> None:
    pytest.importorskip("cwe2", reason="needs marginbench[quickstart]")
    base, incoming, kept = (tmp_path / name for name in ("base", "incoming", "kept"))
    for root, names in ((base, ["zlib"]), (incoming, ["zlib", "brotli"])):
        for name in names:
            id = f"marginbench__zippy/{name}"
            shutil.copytree(ROOT / "submissions" / id, root / id)
        owners = "[marginbench]\naccounts = { octocat = 583231 }\n"
        (root / "owners.toml").write_text(owners)
    who = Author("octocat", 583231)
    text = report_incoming(incoming, base, recomputed=kept, author=who)
    assert "7 of 600 texts | 29 |" in text
    runs = sorted(kept.rglob("record.json"))
    assert len(runs) == 2
    before = [path.stat().st_mtime_ns for path in runs]
    assert report_incoming(incoming, base, recomputed=kept, author=who) == text
    assert [path.stat().st_mtime_ns for path in runs] == before


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a folder of submissions"):
        report_incoming(tmp_path / "nowhere", tmp_path)
