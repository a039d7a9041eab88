"""BM25 against the formula written out, and the rules of the cut."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites.reranking import bm25, tokens
from suites.reranking.corpus import MemoryCorpus

WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta", "the"]), max_size=8)


def _tokens(text: str) -> list[str]:
    return [word for word in text.split() if word != "the"]


def _oracle(texts: list[str], query: str) -> dict[int, float]:
    """Lucene's BM25 by definition (Kamphuis et al. 2020, table 1), in double precision."""
    kept = [(i, Counter(_tokens(text))) for i, text in enumerate(texts) if text]
    mean = sum(sum(tf.values()) for _, tf in kept) / len(kept) if kept else 0.0
    scores = {}
    for i, tf in kept:
        score = 0.0
        for token in _tokens(query):
            df = sum(1 for _, other in kept if token in other)
            idf = math.log(1 + (len(kept) - df + 0.5) / (df + 0.5))
            if tf[token]:
                norm = bm25.K1 * (1 - bm25.B + bm25.B * sum(tf.values()) / mean)
                score += idf * tf[token] / (tf[token] + norm)
        if score > 0:
            scores[i] = score
    return scores


@given(texts=st.lists(WORDS.map(" ".join), max_size=12), query=WORDS.map(" ".join))
def test_scores_and_order_are_those_of_the_formula(texts: list[str], query: str) -> None:
    corpus = MemoryCorpus({str(i): text for i, text in enumerate(texts)})
    index = bm25.Index(corpus)
    whole = index.search(query, depth=100)
    expected = _oracle(texts, query)
    found = {int(i): score for i, score in zip(*whole, strict=True)}
    assert found == pytest.approx(expected, rel=1e-5)
    order = sorted(found, key=lambda i: (-found[i], i))  # ties in corpus order
    assert [int(i) for i in whole.documents] == order
    for depth in (1, 3):
        cut = index.search(query, depth=depth)
        assert cut.documents == whole.documents[:depth]
        assert cut.scores == whole.scores[:depth]


@given(
    texts=st.lists(WORDS.map(" ".join), min_size=1, max_size=12),
    query=WORDS.map(" ".join),
    without=st.sets(st.integers(0, 14).map(str)),
)
def test_documents_are_taken_out_before_the_cut(
    texts: list[str], query: str, without: set[str]
) -> None:
    index = bm25.Index(MemoryCorpus({str(i): text for i, text in enumerate(texts)}))
    whole = index.search(query, depth=100)
    rest = [i for i in whole.documents if i not in without]
    assert list(index.search(query, depth=3, without=without).documents) == rest[:3]


def test_equal_documents_keep_corpus_order() -> None:
    corpus = MemoryCorpus(dict.fromkeys("zyxwvutsrq", "alpha beta"))
    assert bm25.Index(corpus).search("beta", depth=4).documents == ("z", "y", "x", "w")


def test_empty_documents_are_counted_and_not_indexed() -> None:
    index = bm25.Index(MemoryCorpus({"a": "", "b": "alpha", "c": "..."}))
    assert index.empty == 1
    assert index.search("alpha", depth=5).documents == ("b",)


@pytest.mark.parametrize("query", ["", "the of and", "unheard"])
def test_a_query_without_known_words_finds_nothing(query: str) -> None:
    index = bm25.Index(MemoryCorpus({"a": "alpha"}))
    assert index.search(query, depth=5) == ((), ())


def test_a_corpus_without_words_finds_nothing() -> None:
    assert bm25.Index(MemoryCorpus({"a": "the"})).search("alpha", depth=5) == ((), ())
    assert bm25.Index(MemoryCorpus({})).search("alpha", depth=5) == ((), ())


def test_analysis() -> None:
    analyser = bm25.Analyser()
    ids = analyser.ids("The U.S. cats' Cat's 3.5 1,000 read_csv x-ray CATS", grow=True)
    names = {number: token for token, number in analyser.vocabulary.items()}
    words = [names[i] for i in ids]
    assert words == ["u.", "cat", "cat", "3.5", "1,000", "read", "csv", "x", "rai", "cat"]


def test_there_are_33_stop_words() -> None:
    assert len(bm25.STOP_WORDS) == 33


LUCENE = {
    "一二三四五六七八九十": "一二 二三 三四 四五 五六 六七 七八 八九 九十",
    "一 二三四 五六七八九 十": "一 二三 三四 五六 六七 七八 八九 十",
    "あいうえおabcかきくけこ": "あい いう うえ えお abc かき きく くけ けこ",
    "あいうえおabんcかきくけ こ": "あい いう うえ えお ab ん c かき きく くけ こ",
    "test abc def": "test abc def",
    "ｔｅｓｔ １２３４": "test 1234",
    "ｶﾀｶﾅ": "カタ タカ カナ",
    "한국어": "한국 국어",
}
"""Texts and tokens of Lucene's own tests of CJKAnalyzer (TestCJKAnalyzer), which has no stemmer."""


@pytest.mark.parametrize("text", LUCENE)
def test_scripts_without_spaces_are_cut_as_lucene_does(text: str) -> None:
    assert list(tokens.words(text)) == LUCENE[text].split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("กำแพงเมือง", "กำ ำแ แพ พง งเ เม มื ือ อง"),
        ("ພາສາ", "ພາ າສ ສາ"),
        ("भारत की राजधानी हिन्दी", "भारत की राजधानी हिन्दी"),
        ("தமிழ் மொழி", "தமிழ் மொழி"),
        ("שָׁלוֹם עולם", "שָׁלוֹם עולם"),
        ("cafe\u0301 café", "café café"),
        ("l'été u.s.a. 3.5", "l'été u.s.a 3.5"),
    ],
)
def test_marks_stay_with_their_letters(text: str, expected: str) -> None:
    found = list(tokens.words(text))
    assert found == unicodedata.normalize("NFC", expected).split()


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF), max_size=40))
def test_latin_text_is_cut_as_before(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert list(tokens.words(text)) == tokens.TOKEN.findall(composed)


CHINESE = {
    "d0": "北京是中国的首都，人口超过两千万。",
    "d1": "上海是中国最大的经济中心城市。",
    "d2": "机器学习是人工智能的一个分支。",
    "d3": "长城是世界文化遗产之一。",
    "d4": "深度学习模型需要大量数据。",
}


@pytest.mark.parametrize(
    ("query", "best"), [("中国的首都是哪里", "d0"), ("什么是机器学习", "d2"), ("长城", "d3")]
)
def test_chinese_documents_that_share_words_are_found(query: str, best: str) -> None:
    found = bm25.Index(MemoryCorpus(CHINESE)).search(query, depth=5)
    assert found.documents[0] == best


def test_thai_and_japanese_documents_are_found() -> None:
    texts = {"a": "กรุงเทพมหานครเป็นเมืองหลวง", "b": "東京は日本の首都です", "c": "plain words"}
    index = bm25.Index(MemoryCorpus(texts))
    assert index.search("เมืองหลวง", depth=5).documents == ("a",)
    assert index.search("日本の首都", depth=5).documents == ("b",)
    assert index.search("word", depth=5).documents == ("c",)
