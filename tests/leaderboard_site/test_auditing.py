"""Ranks, lines and first place of other boards, against what is counted in other ways."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from harness.compare.boards.board import FRACTIONS, Asked, Line, OtherBoard, Reading
from harness.compare.boards.take import read_boards
from leaderboard_site.auditing.figures import Audited, audited
from leaderboard_site.auditing.page import audit_page, style
from leaderboard_site.auditing.report import audit_json, notes_of, totals

HOSTILE = '<img src=x onerror="alert(1)">"\'&\u202e'


def board_of(values: np.ndarray, **more: object) -> OtherBoard:  # type: ignore[type-arg]
    fields: dict[str, object] = {
        "title": "made",
        "metric": "accuracy",
        "item": "item",
        "systems": tuple(f"s{n}" for n in range(len(values))),
        "items": tuple(f"i{n}" for n in range(values.shape[1])),
        "values": values.astype(np.float64),
        "higher_is_better": True,
        "limits": FRACTIONS,
        **more,
    }
    return OtherBoard(**fields)  # type: ignore[arg-type]


def by_brute_force(values: np.ndarray) -> int | None:  # type: ignore[type-arg]
    """The fewest items without which the row with the best mean is not alone in front."""
    leader = int(np.argmax(values.sum(axis=1)))
    others = [place for place in range(len(values)) if place != leader]
    items = values.shape[1]
    for gone in range(items):
        for left in combinations(range(items), items - gone):
            sums = values[:, left].sum(axis=1)
            if any(sums[other] >= sums[leader] for other in others):
                return gone
    return None


@pytest.mark.parametrize("seed", range(12))
def test_the_drop_count_is_that_of_all_subsets(seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 5, (3, 8)) / 4
    found = audited(board_of(values)).dropped
    assert (None if found is None else found.items) == by_brute_force(values)
    worst = audited(board_of(1 - values, higher_is_better=False)).dropped
    assert (None if worst is None else worst.items) == by_brute_force(values)


def test_clear_pairs_are_told_apart_and_unclear_ones_are_not() -> None:
    """Against paired t tests by SciPy: what those are sure of ten times over, or not at all."""
    from scipy.stats import ttest_rel

    draw = np.random.default_rng(5)
    truth = np.repeat([0.9, 0.88, 0.6, 0.58, 0.3], 1)
    hard = draw.random(300)
    values = np.array([(draw.random(300) + hard) / 2 < share for share in truth], dtype=float)
    found = audited(board_of(values))
    order = sorted(range(5), key=lambda place: -values[place].sum())
    sure = unsure = 0
    for one, after, row in zip(order, order[1:], found.systems, strict=False):
        p = float(ttest_rel(values[one], values[after]).pvalue)
        if p < 0.005 / 10:
            assert row.below, (one, after, p)
            sure += 1
        elif p > 0.05:
            assert row.below is False, (one, after, p)
            unsure += 1
    assert sure == 2
    assert unsure == 2
    assert found.standing.separable == 2
    assert "2 of 4 neighbouring pairs are told apart" in found.certainty
    assert [str(row.rank) for row in found.systems] == ["1–2", "1–2", "3–4", "3–4", "5"]


def test_values_and_intervals_are_those_of_the_mean() -> None:
    values = np.array([[1, 1, 1, 0] * 30, [1, 0, 0, 0] * 30])
    found = audited(board_of(values))
    first = found.rows[0]
    assert first.value == 0.75
    from scipy.stats import beta

    assert first.sure.interval == pytest.approx(  # Clopper and Pearson of 90 of 120
        (beta.ppf(0.025, 90, 31), beta.ppf(0.975, 91, 30)), abs=1e-9
    )
    clusters = tuple(f"c{item // 12}" for item in range(120))
    wider = audited(board_of(np.sort(values), clusters=clusters)).rows[0].sure
    assert wider.units == 10
    assert wider.interval is not None
    assert wider.interval[1] - wider.interval[0] > 0.25


def test_nobody_is_ahead_who_is_not_told_apart_from_the_constant_answer() -> None:
    labels = np.array([1.0] * 60 + [0.0] * 40)
    close = labels.copy()
    close[:3], close[60:65] = 0, 1
    values = np.array([close, 1 - labels])
    found = audited(board_of(values, lines=(Line("constant", "one answer", labels),)))
    assert found.headline.startswith("No system here is known to beat one answer (60.0).")
    assert [row.kind for row in found.rows] == ["", "constant", ""]
    assert found.rows[1].rank is None


def test_a_baseline_of_the_table_is_a_line() -> None:
    draw = np.random.default_rng(2)
    values = (draw.random((4, 200)) < np.array([[0.9], [0.5], [0.5], [0.1]])).astype(float)
    found = audited(board_of(values), baselines=("s1",))
    assert {row.name for row in found.systems} == {"s0", "s2", "s3"}
    assert "s0 is proven better than every other ranked system, and than s1" in found.headline


def test_lower_is_better_turns_everything() -> None:
    draw = np.random.default_rng(4)
    values = (draw.random((3, 200)) < np.array([[0.9], [0.5], [0.1]])).astype(float)
    up = audited(board_of(values))
    down = audited(board_of(1 - values, higher_is_better=False))
    assert [row.name for row in up.rows] == [row.name for row in down.rows]
    assert [row.rank for row in up.rows] == [row.rank for row in down.rows]
    assert down.rows[0].value == pytest.approx(1 - up.rows[0].value)


@pytest.mark.parametrize("size", [1e-9, 100.0, 1e9])
def test_the_scale_of_values_changes_no_rank(size: float) -> None:
    draw = np.random.default_rng(6)
    values = (draw.random((4, 150)) < np.array([[0.9], [0.6], [0.58], [0.2]])).astype(float)
    shifted = np.concatenate([values, values[:1] - 1])  # a difference that never varies
    plain = audited(board_of(shifted, limits=(None, None)), baselines=("s2",))
    scaled = audited(board_of(shifted * size, limits=(None, None)), baselines=("s2",))
    assert [row.rank for row in scaled.rows] == [row.rank for row in plain.rows]
    assert [row.value for row in scaled.rows] == pytest.approx(
        [row.value * size for row in plain.rows]
    )
    assert scaled.lead == plain.lead


def test_what_is_odd_is_said() -> None:
    values = np.array([[1, 0, 1, 0], [1, 0, 1, 0], [1, 1, 1, 1]])
    notes = " ".join(notes_of(audited(board_of(values))))
    assert "Equal on every item, so perhaps one system under two names: s0 = s1." in notes
    assert "The same value on every item: s2." in notes
    assert "4 independent items" in notes


def test_one_system_has_a_figure_and_no_order() -> None:
    found = audited(board_of(np.array([[1, 0, 1, 1]])))
    assert found.headline == "One system so far: there is no other to rank it against."
    assert (found.certainty, found.lead) == ("", "")


class Tags(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [(key, value or "") for key, value in attrs]))


def sample(name: str = "a") -> tuple[Reading, list[Audited]]:
    draw = np.random.default_rng(3)
    values = (draw.random((3, 90)) < np.array([[0.9], [0.6], [0.3]])).astype(float)
    board = board_of(values, systems=(name, "b", "c"), title=name, notes=(name,))
    lined = replace(board, lines=(Line("reference", name, np.full(90, 0.5), fixed=True),))
    return Reading("table", name, (board, lined)), [audited(board), audited(lined)]


def test_the_page_needs_nothing_beside_it_and_escapes_everything() -> None:
    pytest.importorskip("vl_convert")
    reading, found = sample(HOSTILE)
    page = audit_page(HOSTILE, reading, found).decode()
    assert "\u202e" not in page
    tags = Tags()
    tags.feed(page)
    names = {name for name, _ in tags.found}
    assert not names & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "image",
        "use",
        "foreignobject",
    }
    attributes = {(key, value) for _, own in tags.found for key, value in own}
    assert not {key for key, _ in attributes if key.startswith("on") or key == "style"}
    assert all(value.startswith("#") for key, value in attributes if key in ("href", "src"))
    assert 'url("fonts' not in page
    inside = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert inside is not None
    assert inside[1] == style()
    digest = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
    (policy,) = re.findall(r'Security-Policy" content="([^"]*)"', page)
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert page == audit_page(HOSTILE, reading, found).decode()


def test_the_page_says_what_the_terminal_and_the_json_say() -> None:
    pytest.importorskip("vl_convert")
    reading, found = sample()
    page = audit_page("made.csv", reading, found).decode()
    told = json.loads(audit_json("made.csv", reading, found))
    for one, board in zip(found, told["boards"], strict=True):
        for line in board["said"]:
            assert line in page
        assert [row["name"] for row in board["rows"]] == [row.name for row in one.rows]
        assert board["separable_pairs"] == 2
        assert board["certain_ranks"] == 3
    assert totals(found) in page
    assert page.count("plot plot-forest") == 2


@pytest.mark.shared_data
def test_ranks_of_the_judges_of_genai_bench(shared_data: Path) -> None:
    """Two judges beat the constant answer in editing and cannot be told from each other."""
    folder = shared_data / "preference" / "genai-bench"
    boards = read_boards(folder, Asked()).boards
    found = {one.board.title: one for one in map(audited, boards)}["image_edition"]
    assert [(row.name, str(row.rank)) for row in found.systems[:2]] == [
        ("gemini-1.5-pro", "1–2"),
        ("gpt4o", "1–2"),
    ]
    assert found.headline.startswith("gemini-1.5-pro and gpt4o are known to beat the constant")
    assert found.dropped is not None
    first, second = (dict(zip(found.board.systems, found.board.values, strict=True))[name]
                     for name in ("gemini-1.5-pro", "gpt4o"))  # fmt: skip
    # Right against wrong counts one each: so many items must go as the lead has right ones more.
    assert found.dropped.items == int(first.sum() - second.sum()) == 22
