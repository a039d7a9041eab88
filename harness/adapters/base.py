"""What an adapter is: the thin thing that turns a checkpoint into a model.

An adapter is data (names, options, capabilities, packages) plus two functions. Importing an
adapter module imports no heavy package; ``load`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.capabilities import Model
from harness.strict_json import Json

IN_MEMORY = "memory"
"""What a record calls the adapter of a model that was an object in memory; it is never loaded."""


@dataclass(frozen=True, slots=True)
class Option:
    """One ``--option name=value`` of an adapter. ``type`` is int, float, str or bool.

    An option without ``identity`` says how a model is asked, not who it is (a time limit, a
    price): it is no part of the fingerprint, so answers made with one value of it are gone on with
    under another.

    An option that an adapter got ``later`` is not there while it has its default: models that were
    evaluated before keep their fingerprints, and ``load`` has to do without it.
    """

    type: type[Any]
    default: Json
    help: str
    identity: bool = True
    later: bool = False


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Who a model is, known before its weights are loaded.

    ``name`` is for tables; ``revision`` is the commit of a hub checkpoint, if it came from one;
    ``digest`` is the sha256 of the weights (or of the source, or of the method's parameters);
    ``details`` are further facts for the record, such as the file a digest was taken from.
    ``direction`` says which raw scores mean more of what is asked (more likely machine-made,
    better quality): ``"higher"``, or ``"lower"`` for models that count defects.
    """

    name: str
    digest: str
    revision: str | None = None
    details: Mapping[str, Json] = field(default_factory=dict)
    direction: str = "higher"


class Loader(Protocol):
    """``load(checkpoint, device=..., dtype=..., **options)`` -> model."""

    def __call__(self, checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
        """``device`` is ``cpu`` or ``cuda``/``cuda:N``; ``dtype`` float32, bfloat16 or float16."""
        ...


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter: how a kind of checkpoint is identified and loaded.

    ``capabilities(checkpoint)`` answers without loading weights. ``identify`` raises
    :class:`~harness.errors.UsageError` when the checkpoint does not exist. ``packages`` are the
    import names that ``load`` needs; ``extra`` is the extra of marginbench that installs them.
    ``scores_compare_across_queries`` says whether one threshold could serve all queries.
    ``half`` says that ``--dtype auto`` may be bfloat16, on a GPU that has it; an adapter whose
    models may not take it leaves that out.
    ``first_stage`` names the only first stage whose scores may stand under the adapter's name, for
    one that keeps those. ``told_by(checkpoint)`` says which file of a checkpoint tells what it can
    do, where that is easily mistaken. What is settled only at load (maximal length, prompt, label)
    a model tells by an attribute ``resolved``.
    """

    name: str
    summary: str
    checkpoint: str
    capabilities: Callable[[str], frozenset[str]]
    identify: Callable[[str, Mapping[str, Any]], ModelIdentity]
    load: Loader
    options: Mapping[str, Option] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    extra: str = ""
    devices: tuple[str, ...] = ("cpu", "cuda")
    dtypes: tuple[str, ...] = ("float32",)
    half: bool = False
    scores_compare_across_queries: bool = True
    first_stage: str = ""
    told_by: Callable[[str], str] | None = None


def identifying(adapter: Adapter, values: Mapping[str, Json]) -> dict[str, Json]:
    """The options that say who a model is, of all: those that go into its fingerprint."""
    how = {name for name, option in adapter.options.items() if not option.identity}
    return {name: value for name, value in values.items() if name not in how}
