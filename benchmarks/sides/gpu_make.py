"""What ``gpu.py`` measures with, made on the spot: words, texts, a tokenizer and two networks.

Nothing is downloaded. Weights are random from a seed, which take as long as trained ones; texts are
draws of made-up words, as often as Zipf has it, some of which the tokenizer cuts in two.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20261130
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LENGTH = 512
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large everything is: as MiniLM-L6 and a task, or tiny, to see that it runs."""

    layers: int = 6
    width: int = 384
    heads: int = 12
    inner: int = 1536
    documents: int = 8192
    words: int = 180
    most_pairs: int = 65_536
    seconds: float = 5.0
    rounds: int = 3
    vectors: int = 60_502
    dimension: int = 512


TINY = Sizes(2, 32, 2, 64, 24, 12, 48, 0.0, 1, 300, 16)


def vocabulary() -> tuple[list[str], list[str]]:
    """Pieces of a WordPiece tokenizer, and words, one in four of which is two pieces."""
    random = np.random.default_rng(SEED)
    names = ["".join(random.choice(SYLLABLES, size=size)) for size in random.integers(2, 5, 8000)]
    whole = list(dict.fromkeys(names))
    ends = [f"##{syllable}" for syllable in SYLLABLES]
    cut = [whole[n] + SYLLABLES[n % len(SYLLABLES)] for n in range(0, len(whole), 3)]
    known = set(whole)
    words = [*whole, *(word for word in cut if word not in known)]
    random.shuffle(words)
    return [*SPECIAL, *whole, *ends], words


def texts(count: int, words: int, seed: int) -> list[str]:
    """So many texts of about so many words each, their lengths log-normal."""
    random = np.random.default_rng(seed)
    known = np.array(vocabulary()[1], dtype=object)
    often = 1 / np.arange(1, len(known) + 1)
    sizes = np.clip(random.lognormal(np.log(words), 0.5, count), 2, 2 * LENGTH).astype(int)
    drawn = known[random.choice(len(known), size=int(sizes.sum()), p=often / often.sum())]
    ends = np.cumsum(sizes)
    return [" ".join(drawn[end - size : end]) for end, size in zip(ends, sizes, strict=True)]


def make(folder: Path, sizes: Sizes) -> None:
    """Write ``cross-encoder`` and ``bi-encoder`` into a folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertForSequenceClassification, BertModel

    pieces, _ = vocabulary()
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.inner,
        num_labels=1,
        initializer_range=0.05,
        pad_token_id=0,
    )
    torch.manual_seed(SEED)
    tokenizer = _tokenizer(pieces)
    for name, kind in (("cross-encoder", BertForSequenceClassification), ("body", BertModel)):
        kind(config).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    modules = [Transformer(str(folder / "body"), max_seq_length=LENGTH), Pooling(sizes.width)]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "bi-encoder"))


def _tokenizer(pieces: list[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    known = {piece: number for number, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(known, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=LENGTH,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def write_task(folder: Path, sizes: Sizes) -> None:
    """Write a BEIR folder with ``bm25.trec``: a few queries, each with documents in some order."""
    queries = texts(12 if sizes is TINY else 60, 6, SEED + 1)
    documents = texts(sizes.documents, sizes.words, SEED + 2)
    random = np.random.default_rng(SEED + 3)
    depth = min(20, len(documents))
    folder.mkdir()
    (folder / "qrels").mkdir()
    rows = [{"_id": f"d{n}", "title": "", "text": text} for n, text in enumerate(documents)]
    _write(folder / "corpus.jsonl", map(json.dumps, rows))
    asked = [json.dumps({"_id": f"q{n}", "text": text}) for n, text in enumerate(queries)]
    _write(folder / "queries.jsonl", asked)
    judged, ranked = ["query-id\tcorpus-id\tscore"], []
    for number in range(len(queries)):
        chosen = random.choice(len(documents), size=depth, replace=False)
        judged += [f"q{number}\td{document}\t1" for document in chosen[:: depth // 2]]
        ranked += [f"q{number} Q0 d{d} {at + 1} {depth - at} bm25" for at, d in enumerate(chosen)]
    _write(folder / "qrels" / "test.tsv", judged)
    _write(folder / "bm25.trec", ranked)


def _write(path: Path, lines: Any) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
