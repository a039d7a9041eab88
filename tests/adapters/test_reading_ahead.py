"""Tokens of the next part, made by another thread: the same bytes, and less to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.bi_encoder import ADAPTER as BI_ENCODER
from harness.adapters.cross_encoder import ADAPTER as CROSS_ENCODER
from harness.adapters.support.kept import Kept
from harness.adapters.text_classifier.scores import ADAPTER as TEXT_CLASSIFIER
from harness.engine.ahead import reading_ahead
from harness.engine.crew import Crew
from harness.engine.held import HeldSpec
from harness.engine.items import Ask, TextJob
from harness.engine.jobs import EmbedJob, KeepJob, PairJob
from harness.predictions.answers.score import ScoreAnswer
from harness.runs.batches import BatchSettings

WORDS = ("cat", "dog", "money", "bank", "river", "the", "on", "mat")
PARTS = 5
SETTINGS = BatchSettings(tokens=200, items=16)

Build = Callable[..., Path]
Load = Callable[..., Any]


def _texts(part: int) -> tuple[str, ...]:
    # Parts share texts, as lists do; each holds one text twice.
    made = [" ".join(WORDS[(n + k * part) % 8] for k in range(n % 9 + 1)) for n in range(40)]
    return (*made, made[0])


def _pair_jobs() -> list[tuple[int, PairJob]]:
    jobs = []
    for part in range(PARTS):
        pairs = tuple(("what is money ?", text) for text in _texts(part))
        jobs.append((part, PairJob(pairs, tuple(map(str, range(len(pairs)))))))
    return jobs


def _answers(model: Any, method: str, jobs: list[Any]) -> dict[int, bytes]:
    spec = HeldSpec(model, "model", frozenset({method}), {})
    with Crew(spec, ["cpu"], SETTINGS, guest=True) as crew:
        worker = crew._own_worker()
        worker.model.reads_ahead = model.reads_ahead
        return {done.index: done.rows.tobytes() for done in crew.run(iter(jobs), lambda _: None)}


def test_a_cross_encoder_gives_the_same_bytes(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = str(tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1))
    found = []
    for ahead in (False, True):
        model = load_with(CROSS_ENCODER, folder)
        threads: set[str] = set()
        own = model._reader.tokens

        def tokens(*given: Any, own: Any = own, threads: set[str] = threads) -> Any:
            threads.add(threading.current_thread().name)
            return own(*given)

        model._reader.tokens = tokens
        assert model.reads_ahead is False  # on the processor it is not worth it
        model.reads_ahead = ahead
        found.append(_answers(model, "score_pairs", _pair_jobs()))
        assert any(name.startswith("tokens") for name in threads) is ahead
    assert found[0] == found[1]
    assert len(set(found[0].values())) == PARTS


@pytest.mark.parametrize("long", ["truncate", "windows"])
def test_a_text_classifier_gives_the_same_bytes(
    tmp_path: Path, tiny_bert: Build, load_with: Load, long: str
) -> None:
    folder = str(tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1))
    found = []
    for ahead in (False, True):
        model = load_with(TEXT_CLASSIFIER, folder, label="0", long=long)
        model.reads_ahead = ahead
        ask = Ask(ScoreAnswer(), "score_texts")
        jobs = [
            (part, TextJob(_texts(part), tuple(map(str, range(41))), "error", ask))
            for part in range(PARTS)
        ]
        found.append(_answers(model, "score_texts", jobs))
    assert found[0] == found[1]


@pytest.mark.parametrize(("pooling", "normalize"), [("mean", True), ("cls", False)])
def test_a_bi_encoder_gives_the_same_bytes_and_the_numbers_of_encode(
    tmp_path: Path, tiny_bert: Build, load_with: Load, pooling: str, normalize: bool
) -> None:
    pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")
    folder = str(tiny_bert(tmp_path / "ckpt", "BertModel"))
    jobs: list[tuple[int, EmbedJob]] = []
    for part in range(PARTS):
        texts = _texts(part)[:-1]
        kinds = [("query" if n % 3 == 0 else "document", text) for n, text in enumerate(texts)]
        jobs.append((part, EmbedJob(tuple(kinds))))
    found = []
    for way in ("encode", "tokens", "ahead"):
        model = load_with(BI_ENCODER, folder, pooling=pooling, normalize=normalize)
        assert model._reader is not None
        if way == "encode":  # as a model is run whose modules are of another kind
            model._reader = None
        model.reads_ahead = way == "ahead"
        found.append(_answers(model, "embed_texts", jobs))
    encoded, tokens, ahead = found
    assert tokens == ahead
    assert len(set(tokens.values())) == PARTS
    for part, rows in encoded.items():  # how threads share a product moves its last bits
        given, own = (np.frombuffer(one, np.float32) for one in (rows, tokens[part]))
        np.testing.assert_allclose(own, given, rtol=1e-5, atol=1e-6)


def test_tokens_of_an_embedder_are_made_once_for_counting_and_for_the_network(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")
    model = load_with(BI_ENCODER, str(tiny_bert(tmp_path / "ckpt", "BertModel")), pooling="mean")
    made: list[int] = []
    own = model._model.preprocess
    model._model.preprocess = lambda texts, **more: made.append(len(texts)) or own(texts, **more)
    texts = list(_texts(1)[:-1])
    lengths = model.count_tokens(texts)
    model.embed_texts(texts[:7], kind="document")
    model.embed_texts(texts[7:], kind="query")
    assert made == [len(set(texts))]
    assert lengths == [len(row) for row in model._model.tokenizer(texts)["input_ids"]]
    prompted = load_with(
        BI_ENCODER, str(tmp_path / "ckpt"), pooling="mean", query_prompt="what is "
    )  # fmt: skip
    asked = prompted.embed_texts(["money"], kind="query")
    plain = model.embed_texts(["what is money"], kind="query")
    np.testing.assert_allclose(asked, plain, atol=1e-6)


class _Slow:
    """Tokenises and scores for a while each, in threads that may run beside one another."""

    reads_ahead = True

    def __init__(self) -> None:
        self.said: list[str] = []
        self.kept: Kept[Any, int] = Kept(self._tokenize)

    def _tokenize(self, pairs: list[Any]) -> list[int]:
        self.said.append("tokens")
        time.sleep(0.05)
        return [len(text) for _, text in pairs]

    def count_tokens(self, pairs: Any) -> list[int]:
        return self.kept.counted(pairs)

    def score_pairs(self, pairs: Any) -> Any:
        self.said.append("scores")
        time.sleep(0.01)
        return np.array(self.kept.of(pairs), dtype=np.float32)


def test_tokens_are_made_once_and_while_the_part_before_is_at_work() -> None:
    model = _Slow()
    jobs = _pair_jobs()
    found = _answers(model, "score_pairs", jobs)
    for part, job in jobs:
        expected = np.array([len(text) for _, text in job.pairs], dtype=np.float32)
        assert found[part] == expected.tobytes()
    assert model.said.count("tokens") == PARTS
    assert model.said[-1] == "scores"
    assert model.said[:3].count("tokens") == 2  # of the second part, before the first is done


def test_what_fails_ahead_is_raised_where_it_belongs_and_what_counts_nothing_passes() -> None:
    class Failing(_Slow):
        def count_tokens(self, pairs: Any) -> list[int]:
            if "river" in pairs[3][1]:
                raise ValueError("a text that no tokenizer takes")
            return super().count_tokens(pairs)

    done = []
    jobs = _pair_jobs()
    bad = next(n for n, (_, job) in enumerate(jobs) if n and "river" in job.pairs[3][1])

    def run() -> None:
        for index, job in reading_ahead(Failing(), jobs):
            Failing().count_tokens(job.pairs)
            done.append(index)

    with pytest.raises(ValueError, match="no tokenizer"):
        run()
    assert done == list(range(bad))
    kept = [(0, KeepJob(((1.0,),))), (1, KeepJob(((2.0,),)))]
    assert list(reading_ahead(_Slow(), kept)) == kept
    assert list(reading_ahead(_Slow(), [])) == []


def test_kept_tokens_are_those_of_two_calls() -> None:
    asked: list[list[int]] = []

    def tokenize(items: list[int]) -> list[int]:
        asked.append(items)
        return [item * 10 for item in items]

    kept: Kept[int, int] = Kept(tokenize)
    assert kept.counted([1, 2, 2]) == [10, 20, 20]
    assert kept.counted([2, 3]) == [20, 30]
    assert asked == [[1, 2], [3]]
    assert kept.of([1, 3]) == [10, 30]
    assert kept.counted([4]) == [40]
    assert kept.of([1, 2]) == [10, 20]  # 1 was forgotten and is made again
    assert asked == [[1, 2], [3], [4], [1]]
    assert kept.counted([]) == []
