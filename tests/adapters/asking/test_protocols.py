"""Protocols against a model that is always right, one that is noisy, and one that talks rubbish.

How many questions each takes follows from its definition; the bounds are worked out here anew.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.adapters.asking.asks import Ask, Asking, Choose, Reply
from harness.adapters.asking.in_step import Effort, in_step
from harness.adapters.asking.listwise import by_first_token, by_permutation, windows
from harness.adapters.asking.pairwise import Pairs, pairwise
from harness.adapters.asking.repair import letters, numerals
from harness.adapters.asking.setwise import Question, setwise
from tests.adapters.asking.scripted import Perfect, documents, permutation, right_order, show

COUNTS = (0, 1, 2, 3, 4, 5, 19, 20, 21, 30, 31, 100)
LABEL = r"([A-Z])"


def tokens(labels: Sequence[str]) -> int:
    return len(labels)


def listwise(texts: Sequence[str]) -> Asking:
    return by_permutation("q", texts, show, tokens)


def first(texts: Sequence[str]) -> Asking:
    return by_first_token("q", texts, show)


def question(texts: Sequence[str], **options: object) -> Question:
    return Question("q", texts, show, letters(26), **options)  # type: ignore[arg-type]


PROTOCOLS: dict[str, Callable[[Sequence[str]], Asking]] = {
    "listwise": listwise,
    "whole list": lambda t: by_permutation("q", t, show, tokens, window=1000),
    "first": first,
    "setwise heap": lambda t: setwise(question(t)),
    "setwise heap, written": lambda t: setwise(question(t, written=LABEL)),
    "setwise bubble": lambda t: setwise(question(t), sort="bubble"),
    "setwise bubble, written": lambda t: setwise(question(t, written=LABEL), sort="bubble"),
    "rank-r1": lambda t: setwise(
        Question("q", t, show, numerals(20), written=r"(\d+)", shuffle=random.Random(929)),
        children=19,
    ),
    "pairs, all": lambda t: pairwise(Pairs("q", t, show)),
    "pairs, written": lambda t: pairwise(Pairs("q", t, show, written=LABEL)),
    "pairs, heap": lambda t: pairwise(Pairs("q", t, show), sort="heap"),
    "pairs, bubble": lambda t: pairwise(Pairs("q", t, show), sort="bubble"),
}


def perfect(name: str) -> Perfect:
    return Perfect(permutation if name in ("listwise", "whole list") else lambda best: best[0])


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_perfect_model_gets_its_best_ten_in_order(name: str, count: int) -> None:
    texts = documents(count)
    ((ranked, _),) = in_step([PROTOCOLS[name](texts)], perfect(name))
    assert sorted(ranked.order) == list(range(count))
    assert ranked.order[:10] == right_order(texts)[:10]
    assert ranked.repairs == 0
    if name in ("whole list", "pairs, all", "pairs, written"):
        assert ranked.order == right_order(texts)


def test_windows_of_a_hundred_at_twenty_and_ten_are_nine() -> None:
    assert windows(100) == [(start, start + 20) for start in range(80, -1, -10)]
    assert windows(20) == [(0, 20)]
    assert windows(25) == [(5, 25), (0, 15)]
    assert windows(1) == windows(0) == []


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 0), (2, 1), (20, 1), (21, 2), (100, 9)])
@pytest.mark.parametrize("name", ["listwise", "first"])
def test_one_question_a_window(name: str, count: int, calls: int) -> None:
    ((_, effort),) = in_step([PROTOCOLS[name](documents(count))], perfect(name))
    assert effort.calls == calls


@pytest.mark.parametrize("count", COUNTS)
def test_all_pairs_are_asked_in_both_orders(count: int) -> None:
    model = Perfect()
    ((ranked, effort),) = in_step([PROTOCOLS["pairs, all"](documents(count))], model)
    assert effort.calls == count * (count - 1)
    assert len(set(model.asked[0] if model.asked else ())) == effort.calls
    if count:
        assert ranked.scores is not None
        assert sorted(ranked.scores) == list(range(count))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("children", "top"), [(2, 10), (3, 10), (3, 1), (19, 10), (3, 1000)])
def test_a_heap_asks_no_more_than_its_depth_allows(seed: int, children: int, top: int) -> None:
    """Building sifts every inner node down its height; each rank takes one sift from the top."""
    count = 100
    depth = [0] * count  # levels below each node
    for node in range(count - 1, 0, -1):
        parent = (node - 1) // children
        depth[parent] = max(depth[parent], depth[node] + 1)
    model = Perfect()
    texts = documents(count, seed)
    in_step([setwise(question(texts), children=children, top=top)], model)
    inner = sum(1 for level in depth if level)
    assert inner <= model.calls <= sum(depth) + (min(top, count) - 1) * depth[0]
    shown = {len(ask.labels) for round_ in model.asked for ask in round_ if isinstance(ask, Choose)}
    assert max(shown) == children + 1


@pytest.mark.parametrize("seed", range(20))
def test_a_bubble_sort_asks_its_windows_and_none_twice(seed: int) -> None:
    count, children, top = 100, 3, 10
    model = Perfect()
    in_step([setwise(question(documents(count, seed)), sort="bubble")], model)
    asked = [ask for round_ in model.asked for ask in round_]
    assert len(set(asked)) == len(asked)
    one_pass = math.ceil((count - 1) / children)
    passes = sum(math.ceil((count - 1 - at) / children) for at in range(top))
    assert one_pass <= len(asked) <= passes


def test_a_sorted_list_takes_one_pass_of_bubbles_and_what_is_at_the_top() -> None:
    model = Perfect()
    texts = [str(worth) for worth in range(99, -1, -1)]
    ((ranked, _),) = in_step([setwise(question(texts), sort="bubble")], model)
    assert ranked.order == tuple(range(100))
    assert model.calls < 33 + 10 * 2


def test_queries_are_asked_in_step_and_never_mixed_up() -> None:
    model = Perfect(permutation)
    lists = [documents(count, seed=count) for count in (100, 0, 20, 57, 1, 100)]
    ends = in_step([listwise(texts) for texts in lists], model)
    alone = [in_step([listwise(texts)], Perfect(permutation))[0] for texts in lists]
    assert ends == alone
    assert len(model.asked) == 9  # rounds: as many as the longest list takes alone
    assert [effort.calls for _, effort in ends] == [9, 0, 1, 5, 0, 9]
    assert ends[0][1] == Effort(calls=9, prompt_tokens=90, completion_tokens=27)


class Noisy(Perfect):
    """Adds noise to every worth, another one for every question."""

    def _reply(self, ask: Ask) -> Reply:
        reply = super()._reply(ask)
        noise = random.Random(repr(ask))
        return Reply(likelihoods=tuple(x + noise.gauss(0, 20) for x in reply.likelihoods))


READS = [n for n in PROTOCOLS if "written" not in n and "list" not in n and n != "rank-r1"]


@pytest.mark.parametrize("name", READS)
def test_noise_moves_documents_and_loses_none(name: str) -> None:
    for seed in range(20):
        texts = documents(60, seed)
        ((ranked, _),) = in_step([PROTOCOLS[name](texts)], Noisy())
        assert sorted(ranked.order) == list(range(60))
        assert ranked.repairs == 0


def test_two_orders_that_contradict_each_other_are_a_tie() -> None:
    def always_the_first(asks: Sequence[Ask]) -> list[Reply]:
        return [Reply(likelihoods=(0.0, -1.0)) for _ in asks]

    for name in ("pairs, all", "pairs, heap", "pairs, bubble"):
        ((ranked, _),) = in_step([PROTOCOLS[name](documents(30))], always_the_first)
        if name != "pairs, heap":
            assert ranked.order == tuple(range(30))
        assert ranked.scores in (None, (14.5,) * 30)


RUBBISH = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "[1]", "[2] > [2]", "[99] > [0] > [-1]", "A", "Z", "9" * 5000, "[１]"]),
    st.lists(st.integers(-3, 40), max_size=50).map(lambda n: " > ".join(f"[{i}]" for i in n)),
)


@pytest.mark.parametrize("name", [n for n in PROTOCOLS if "written" in n or "list" in n])
@given(said=st.lists(RUBBISH, min_size=1, max_size=30), count=st.integers(0, 45))
def test_rubbish_is_counted_and_loses_no_document(name: str, said: list[str], count: int) -> None:
    replies = iter(said * 3000)
    answer = lambda asks: [Reply(next(replies)) for _ in asks]  # noqa: E731
    ((ranked, effort),) = in_step([PROTOCOLS[name](documents(count))], answer)
    assert sorted(ranked.order) == list(range(count))
    assert 0 <= ranked.repairs == effort.repairs <= effort.calls
    if set(said) == {""}:
        assert ranked.repairs == effort.calls


@pytest.mark.parametrize("name", ["listwise", "setwise heap, written", "rank-r1"])
def test_a_model_that_says_nothing_leaves_the_order_and_is_counted(name: str) -> None:
    asking = PROTOCOLS[name](documents(50))
    ((ranked, effort),) = in_step([asking], lambda asks: [Reply() for _ in asks])
    assert ranked.repairs == effort.calls > 0
    if name == "listwise":
        assert ranked.order == tuple(range(50))


def test_rank_r1_shows_the_passages_in_another_order_and_still_finds_the_best() -> None:
    texts = documents(20)
    model = Perfect()
    ((ranked, _),) = in_step([PROTOCOLS["rank-r1"](texts)], model)
    assert ranked.order[:10] == right_order(texts)[:10]
    first_prompt = model.asked[0][0].prompt.messages[0][1]
    assert first_prompt != show("q", list(zip(numerals(20), texts, strict=True))).messages[0][1]
