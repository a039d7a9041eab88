"""Several models, tasks and options in one call, and which of them belong together."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import Decorator
from harness.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMAS = re.compile(r",(?![^\[]*\])")
"""Commas that stand in no brackets of a glob."""


@dataclass(frozen=True, slots=True)
class AskedModel:
    """A model as it was typed, with the options that are its own, and what tables call it."""

    model: str
    options: tuple[str, ...] = ()
    name: str | None = None


def models_options() -> Decorator:
    """``--model``, ``--name`` and ``--option``: the command gets ``models``."""
    model = click.option(
        "--model",
        multiple=True,
        required=True,
        metavar="ADAPTER:CHECKPOINT",
        shell_complete=_complete_adapters,
        help="Adapter and checkpoint, such as cross-encoder:./ckpt, python:my_model.py or bm25. "
        "Several times, or with commas, for several.",
    )
    name = click.option(
        "--name",
        multiple=True,
        metavar="NAME",
        help="What tables call the model; once for each of several. Default: its checkpoint's "
        "name.",
    )
    option = click.option(
        "--option",
        multiple=True,
        metavar="[MODEL:]K=V",
        help="Adapter option. Of several models all that have it are meant, or the one that is "
        "named before it, by its adapter or as in --model.",
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def called(
            *, model: tuple[str, ...], name: tuple[str, ...], option: tuple[str, ...], **others: Any
        ) -> Any:
            return command(models=asked_models(model, name, option), **others)

        return model_(name_(option_(called)))

    model_, name_, option_ = model, name, option
    return decorate


def _complete_adapters(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    from harness.cli.completing import adapters_like

    return adapters_like(word)


def asked_models(
    models: Sequence[str], names: Sequence[str], options: Sequence[str]
) -> tuple[AskedModel, ...]:
    """The models in their order, each with its options and its name.

    Raises :class:`UsageError` for a model that is asked for twice, names that are not one for each,
    and an option that no model has.
    """
    from harness.adapters import ALIASES, adapters

    known = {*adapters().names(), *ALIASES}
    found = [piece for text in models for piece in model_pieces(text, known)]
    _refuse_twice("--model", found)
    if len(names) == 1 < len(found) == names[0].count(",") + 1:
        names = [name.strip() for name in names[0].split(",")]
    if names and len(names) != len(found):
        raise UsageError(
            f"--name is given {_times(len(names))} for {_models(len(found))}",
            fix="Give it once for each, in their order",
        )
    _refuse_twice("--name", names)
    if len(found) == 1:
        only = found[0]
        own = tuple(_meant(option, found).get(only, option) for option in options)
        return (AskedModel(only, own, names[0] if names else None),)
    shared = _shared(found, options)
    named: list[str | None] = [*names] or [None] * len(found)
    return tuple(
        AskedModel(model, tuple(shared[model]), name)
        for model, name in zip(found, named, strict=True)
    )


def model_pieces(text: str, known: Collection[str]) -> list[str]:
    """Models in a list with commas; a comma before what is no adapter belongs to a checkpoint.

    So does every comma where the whole is a path that is there.
    """
    first, *rest = text.split(",")
    adapter, _, checkpoint = text.partition(":")
    if not rest or (adapter in known and checkpoint and Path(checkpoint).exists()):
        return [text]
    found = [first]
    for piece in rest:
        if piece.strip().partition(":")[0] in known:
            found.append(piece.strip())
        else:
            found[-1] += f",{piece}"
    return found


def pieces(texts: Sequence[str]) -> tuple[str, ...]:
    """Names or globs, one for each of what stands between commas; brackets of a glob stay whole."""
    split = [piece.strip() for text in texts for piece in _COMMAS.split(text)]
    return tuple(dict.fromkeys(filter(None, split)))


def _shared(models: Sequence[str], options: Sequence[str]) -> dict[str, list[str]]:
    """The options of each of several models."""
    found: dict[str, list[str]] = {model: [] for model in models}
    for text in options:
        if meant := _meant(text, models):
            for model, own in meant.items():
                found[model].append(own)
            continue
        key = text.partition("=")[0]
        having = [model for model in models if _has(model, key)]
        for model in having or models:  # of none: the first one says what is wrong
            found[model].append(text)
        lacking = [model for model in models if model not in having]
        if having and lacking:
            click.echo(f"--option {key}: not for {', '.join(lacking)}, without it", err=True)
    return found


def _meant(text: str, models: Sequence[str]) -> dict[str, str]:
    """The models that ``MODEL:K=V`` names, else those of ``ADAPTER:K=V``, each with ``K=V``."""
    for starts in ({m: f"{m}:" for m in models}, {m: f"{m.partition(':')[0]}:" for m in models}):
        found = {m: text[len(start) :] for m, start in starts.items() if text.startswith(start)}
        if found:
            return found
    return {}


def _has(model: str, key: str) -> bool:
    from harness.adapters import adapters
    from harness.adapters.options import FREE

    options = adapters().get(model.partition(":")[0]).options
    return key in options or FREE in options


def _refuse_twice(option: str, values: Sequence[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise UsageError(f"{option} {value} is given twice", fix="Give it once")


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _models(number: int) -> str:
    return "one model" if number == 1 else f"{number} models"
