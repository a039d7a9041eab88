"""The command that makes a run's predictions again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.adapters.base import IN_MEMORY
from harness.records.record import ModelRef, Record

JOIN = " && "
PROGRAM = "marginbench"
FITTED = ("tfidf", "sklearn", "pca", "fisherface")
"""Adapters of models that ``train-baseline`` fits."""

COMMANDS = ("evaluate", "score", "train-baseline")
"""What a command may call; each of them only reads data and writes below ``--out``."""


def command_of(record: Record, request: Mapping[str, Any]) -> str:
    """One line, or several joined by ``&&``; files are named, not located.

    ``request`` is how the run's task was loaded, as the manifest of its folder has it. A model
    that was fitted on the spot is fitted first.
    """
    model = record.model
    if model.adapter in ("predictions", IN_MEMORY):  # all that can be had again are its figures
        file = model.checkpoint or "predictions.parquet"
        words = ["score", "--predictions", file, "--model-name", model.name]
        words += ["--comparable"] if model.options.get("comparable") else []
        words += _given("--direction", model.options.get("direction"))
    else:
        words = ["evaluate", "--model", f"{model.adapter}:{model.checkpoint}".rstrip(":")]
        for key, value in sorted(model.options.items()):
            words += [] if value is None else ["--option", f"{key}={_said(value)}"]
        words += ["--dtype", model.dtype] if model.dtype not in (None, "float32") else []
    words += ["--task", record.task.id, *_data(request)]
    words += _given("--first-stage", _named(request.get("first_stage")))
    if record.task.on_error != "error":
        words += ["--on-error", record.task.on_error]
    fitted = _fitting(model, request)
    return join([*([fitted] if fitted else []), words])


def join(commands: Sequence[Sequence[str]]) -> str:
    """Commands of ``marginbench`` as one line that a shell reads as meant."""
    return JOIN.join(shlex.join([PROGRAM, *words]) for words in commands)


def split(command: str) -> list[list[str]]:
    """The inverse of :func:`join`: the words of each command behind the program's name.

    Raises :class:`ValueError` when a part is no command of :data:`COMMANDS`, or is written in
    any other way than :func:`join` writes it: a shell might then read it otherwise.
    """
    found = []
    for part in command.split(JOIN):
        words = shlex.split(part)
        if len(words) < 2 or words[0] != PROGRAM or words[1] not in COMMANDS:
            raise ValueError(f"{part[:60]!r} is none of {PROGRAM} {', '.join(COMMANDS)}")
        found.append(words[1:])
    plain = join(found)
    if plain != command:
        raise ValueError(f"a shell might read it in another way than as {plain[:300]!r}")
    return found


def _fitting(model: ModelRef, request: Mapping[str, Any]) -> list[str] | None:
    """The words that fit a model of ``train-baseline``, ``None`` for any other model."""
    details = model.details
    learned = details.get("trained_on")
    if model.adapter not in FITTED or not isinstance(learned, list):
        return None
    kind = details.get("model", model.adapter)
    words = ["train-baseline", "--model", str(kind), "--task", *map(str, learned[:1])]
    words += [*_data(request), "--out", model.checkpoint]
    words += _given("--size", details.get("size"))
    words += _given("--features", details.get("features"))
    if model.adapter == "pca":
        words += _given("--dimension", details.get("dimension"))
    return words + _given("--seed", _seed(details))


def _seed(details: Mapping[str, Any]) -> Any:
    settings, parameters = details.get("settings"), details.get("parameters")
    for found, name in ((settings, "seed"), (parameters, "random_state")):
        if isinstance(found, Mapping) and found.get(name):
            return found[name]
    return None  # 0 is what nobody needs to type


def _given(option: str, value: Any) -> list[str]:
    return [] if value is None else [option, str(value)]


def _said(value: Any) -> str:
    # As the command line reads it: JSON, but for texts, which stand as they are.
    return value if isinstance(value, str) else json.dumps(value)


def _named(path: Any) -> str | None:
    return Path(path).name if isinstance(path, str) and path else None


def _data(request: Mapping[str, Any]) -> list[str]:
    return _given("--data", _named(request.get("data")))
