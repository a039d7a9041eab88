"""The command that makes a run's predictions again, from its record and how it was asked for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.adapters import adapters
from harness.adapters.options import option_words
from harness.adapters.served.options import KEY
from harness.errors import UsageError
from harness.metrics.intervals import Bootstrap
from harness.records.record import ModelRef, Record
from harness.runs.batches import DEFAULTS, kind_of

JOIN = "&&"
PROGRAM = "marginbench"
FITTED = ("tfidf", "sklearn", "pca", "fisherface")
"""Adapters of models that ``train-baseline`` fits."""

COMMANDS = ("evaluate", "score", "train-baseline")
"""What a command may call; each of them only reads data and writes below ``--out``."""

DATA, RUN_FILE, CLASSES = "DATA", "RUN_FILE", "CLASSES"
ANSWERS = "predictions.parquet"
PLACEHOLDERS = {
    DATA: "the file or folder with the task’s data",
    RUN_FILE: "the TREC run file that the candidates came from",
    CLASSES: "a file with the classes that the model has learned, one a line",
    ANSWERS: "the answers beside the record, where the model was an object in memory",
}
"""Words that stand for files that neither the record nor a manifest names."""


def command_of(record: Record, request: Mapping[str, Any]) -> str:
    """One line, or several joined by ``&&``; files are named, not located.

    ``request`` is how the run was asked for (see :func:`harness.records.provenance.asked_beside`);
    its values may be :data:`PLACEHOLDERS`. A model that was fitted on the spot is fitted first.
    """
    model, task = record.model, record.task
    words = _scored(model) if model.dtype is None else _evaluated(record, request)
    words += ["--task", task.id, *_given("--data", _named(request.get("data")))]
    words += _given("--first-stage", _named(request.get("first_stage")))
    words += _given("--limit", task.limit)
    words += _given("--depth", request.get("depth"))
    words += [] if request.get("missing") in (None, "error") else ["--missing", request["missing"]]
    for name in request.get("metrics") or ():
        words += ["--metric", name]
    words += _told(request.get("told") or {})
    words += _drawn(record)
    on_error = request.get("on_error") or task.on_error
    words += [] if on_error == "error" else ["--on-error", on_error]
    fitted = _fitting(record, request)
    return join([*([fitted] if fitted else []), words])


def _drawn(record: Record) -> list[str]:
    """Draws of intervals that are not the usual ones."""
    usual, found = Bootstrap([]), record.intervals
    words = ["--replicates", str(found.replicates)] * (found.replicates != usual.replicates)
    return words + ["--seed", str(found.seed)] * (found.seed != usual.seed)


def explained(command: str) -> dict[str, str]:
    """The :data:`PLACEHOLDERS` that stand in a command, with what they stand for."""
    words = command.split()  # which others wrote: it may not be a command at all
    return {word: said for word, said in PLACEHOLDERS.items() if word in words}


def join(commands: Sequence[Sequence[str]]) -> str:
    """Commands of ``marginbench`` as one line that a shell reads as meant."""
    return f" {JOIN} ".join(shlex.join([PROGRAM, *words]) for words in commands)


def split(command: str) -> list[list[str]]:
    """The inverse of :func:`join`: the words of each command behind the program's name.

    Raises :class:`ValueError` when a part is no command of :data:`COMMANDS`, or is written in
    any other way than :func:`join` writes it: a shell might then read it otherwise.
    """
    found: list[list[str]] = [[]]
    for word in shlex.split(command):
        if word == JOIN:
            found.append([])
        else:
            found[-1].append(word)
    for words in found:
        if len(words) < 2 or words[0] != PROGRAM or words[1] not in COMMANDS:
            said = shlex.join(words)[:60]
            raise ValueError(f"{said!r} is none of {PROGRAM} {', '.join(COMMANDS)}")
    plain = join([words[1:] for words in found])
    if plain != command:
        raise ValueError(f"a shell might read it in another way than as {plain[:300]!r}")
    return [words[1:] for words in found]


def _scored(model: ModelRef) -> list[str]:
    """Scored from a file: such a record has no number format.

    Of an object in memory, too, all that can be had again are the figures of its answers.
    """
    file = model.checkpoint or ANSWERS
    words = ["score", "--predictions", file, "--model-name", model.name]
    words += ["--comparable"] if model.scores_compare_across_queries else []
    return words + ([] if model.direction == "higher" else ["--direction", model.direction])


def _evaluated(record: Record, request: Mapping[str, Any]) -> list[str]:
    model = record.model
    name = f"{model.adapter}:{model.checkpoint}" if model.checkpoint else model.adapter
    words = ["evaluate", "--model", name]
    try:
        adapter = adapters().get(model.adapter)
    except UsageError:  # somebody else's, and not here
        adapter = None
    # Whoever types it has a variable of their own for the key, and names none to a stranger.
    options = {name: value for name, value in model.options.items() if name != KEY or not value}
    for word in option_words(adapter, options):
        words += ["--option", word]
    usual = model.dtype == "float32" and not (adapter is not None and adapter.half)
    words += [] if usual else ["--dtype", str(model.dtype)]  # auto depends on the machine
    words += _given("--trained-on", _named(_learned(model, request)))
    words += _given("--name", request.get("name"))
    return words + _batches(record, request)


def _learned(model: ModelRef, request: Mapping[str, Any]) -> Any:
    """The file of learned classes; a fitted model tells its classes by itself."""
    if "trained_on" in request:
        return request["trained_on"]
    told = model.details.get("classes_learned") and model.adapter not in FITTED
    return CLASSES if told else None


def _batches(record: Record, request: Mapping[str, Any]) -> list[str]:
    """Batches of another size than the device takes by itself: they can move the last digit."""
    run = record.run
    made = request.get("made", {})  # a mean's, see asked_beside
    device, batch = made.get("device", ""), made.get("batch", {})
    if run is not None:
        device, batch = run.device, run.batch
    usual = DEFAULTS.get(kind_of(device))
    words: list[str] = []
    for name in ("tokens", "items"):
        size = batch.get(name)
        if size is not None and size != getattr(usual, name, None):
            words += [f"--batch-{name}", str(size)]
    return words


def _fitting(record: Record, request: Mapping[str, Any]) -> list[str] | None:
    """The words that fit a model of ``train-baseline``, ``None`` for any other model."""
    model = record.model
    details = model.details
    learned = details.get("trained_on")
    if model.adapter not in FITTED or not isinstance(learned, list):
        return None
    kind = details.get("model", model.adapter)
    words = ["train-baseline", "--model", str(kind), "--task", *map(str, learned[:1])]
    data = details.get("fitted_data")
    if data is None and learned[:1] == [record.task.id]:
        data = request.get("data")
    words += [*_given("--data", _named(data)), "--out", model.checkpoint]
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


def _told(told: Mapping[str, Any]) -> list[str]:
    words = [
        word
        for pair in told.get("label_map") or ()
        for word in ("--label-map", "=".join(map(str, pair)))
    ]
    words += _given("--opinion", told.get("opinion") or None)
    words += _given("--cluster", told.get("cluster") or None)
    words += _given("--bits", told.get("bits") or None)
    columns = ("=".join(map(str, pair)) for pair in told.get("column") or ())
    return words + [word for pair in columns for word in ("--column", pair)]


def _named(path: Any) -> str | None:
    return Path(path).name if isinstance(path, str) and path else None
