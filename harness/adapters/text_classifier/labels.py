"""Which output of a text classifier means machine-made: given, or declared by label names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.positive_output import output_names
from harness.errors import InvalidError, UsageError
from harness.strict_json import load_plain

MACHINE_WORDS = frozenset(
    {"ai", "machine", "fake", "generated", "llm", "gpt", "chatgpt", "bot", "synthetic"}
)
HUMAN_WORDS = frozenset({"human", "real", "person", "authentic"})
_NEGATIONS = frozenset({"not", "non", "no"})
_MOST_BYTES = 10_000_000
MOST_NAMED = 4


def positive_label(labels: Mapping[int, str], wanted: str) -> int:
    """Number of the label that means machine-made.

    ``wanted`` is its name or number. Without it the names must declare it: exactly one speaks of
    machines (:data:`MACHINE_WORDS`) and, with two or more labels, all others speak of humans
    (:data:`HUMAN_WORDS`). ``LABEL_0`` and the like declare nothing. Raises :class:`UsageError`
    that lists the labels otherwise. A single output has one meaning only and needs no name.
    """
    named = ", ".join(f"{number}={labels[number]}" for number in sorted(labels))
    if wanted:
        found = [n for n, name in labels.items() if name == wanted] or [
            n for n in labels if str(n) == wanted
        ]
        problem = f"has {'more than one' if found else 'no'} label {wanted!r}"
    elif len(labels) == 1:
        return next(iter(labels))
    else:
        machine = [n for n, name in labels.items() if _speaks_of(name) == "machine"]
        human = [n for n, name in labels.items() if _speaks_of(name) == "human"]
        found = machine if len(machine) + len(human) == len(labels) else []
        problem = "does not say which one means machine-made"
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"the model's labels are {named}, and it {problem}"
        if not wanted
        else f"the model {problem}; it has {named}",
        fix="Look up in the model's card which one means machine-made, and name it: --option "
        + " or --option ".join(f"label={name}" for name in _distinct(labels)[:MOST_NAMED]),
    )


def _distinct(labels: Mapping[int, str]) -> list[str]:
    """What to give for each label: its name, or its number where others have that name, too."""
    names = list(labels.values())
    return [
        labels[number] if names.count(labels[number]) == 1 else str(number)
        for number in sorted(labels)
    ]


def declared_labels(checkpoint: Checkpoint) -> dict[int, str] | None:
    """Labels in a checkpoint's ``config.json``; ``None`` where they cannot be known yet.

    Raises :class:`InvalidError` when the file is not what a configuration looks like.
    """
    path = _config(checkpoint)
    if path is None or not path.is_file():
        return None
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("too large")
        config = load_plain(path.read_bytes())
        return _labels(config)
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidError(f"{path} is not a model configuration: {error}") from error


def _labels(config: Any) -> dict[int, str] | None:
    given = config.get("id2label")
    if given:
        return output_names(given)
    if config.get("auto_map"):  # code of the checkpoint may name them
        return None
    count = int(config.get("num_labels", 2))  # transformers' own default, and its own names
    return {n: f"LABEL_{n}" for n in range(min(count, 1000))} or None


def _config(checkpoint: Checkpoint) -> Path | None:
    if checkpoint.path is not None:
        return checkpoint.path / "config.json"
    try:
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(checkpoint.name, "config.json", revision=checkpoint.revision))
    except Exception:  # whatever is wrong there is told when the model is loaded
        return None


def _speaks_of(name: str) -> str | None:
    # "LLM-generated", "AI_written", "HumanWritten", "machine generated" -> words
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = set(re.findall(r"[a-z]+", split.lower()))
    machine, human = bool(words & MACHINE_WORDS), bool(words & HUMAN_WORDS)
    if machine == human or words & _NEGATIONS:  # "human+AI" and "not human" are for a person
        return None
    return "machine" if machine else "human"
