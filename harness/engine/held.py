"""A model that is an object of this process: nothing is loaded, nothing is pickled.

There is no content to take a fingerprint of, so its name and its version are its identity. Whoever
gives a version says that every object of that name and version gives the same answers: what one
has left is gone on with. Without a version, every evaluation is a run of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.adapters.base import IN_MEMORY, Adapter, ModelIdentity
from harness.adapters.support.own_code import ABSENT, LABELS, Own, attribute, line_in
from harness.capabilities import CLASSIFY, Model, known_capabilities
from harness.engine.named import PreparedModel, checked_name
from harness.engine.work import choose_capability
from harness.errors import UsageError
from harness.fingerprint import digest, model_fingerprint
from harness.nouns import Task
from harness.strict_json import Json

ORIGIN = "an object in memory: it cannot be made again from a name"
DIRECTIONS = ("higher", "lower")


@dataclass(frozen=True, slots=True)
class HeldModel:
    """An object with a capability, and who it is. ``version`` is ``None`` for a run of its own."""

    model: Model
    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class HeldSpec:
    """A model that is there already, wherever it is; see :class:`harness.engine.named.Spec`."""

    model: Model
    name: str
    have: frozenset[str]
    options: Mapping[str, Json]
    checkpoint: str = ""
    dtype: str | None = None

    def load(self, device: str) -> Model:
        """The object's capabilities, with errors that name the line of its code."""
        return Own(self.name, self._place).model(self.model, self.have)

    def _place(self, error: BaseException) -> str:
        for name in sorted(self.have):
            code = getattr(attribute(self.model, name), "__code__", None)
            file = "" if code is None else code.co_filename
            line = line_in(error, file)
            if line is not None:
                return f"{self.name}: {Path(file).name}:{line}"
        return self.name


def prepare_held(held: HeldModel, *, tasks: Sequence[Task]) -> PreparedModel:
    """Check an object in memory against tasks.

    Raises :class:`UsageError` for an object without the capability that a task needs, for a class
    in place of an object, and for a name that is none.
    """
    name = checked_name(held.name)
    have = _capabilities(held.model)
    capability = _chosen(held.model, tasks, have)
    options = _options(held.model)
    version = held.version or datetime.now(UTC).isoformat(timespec="microseconds")
    identity = ModelIdentity(
        name,
        digest([["held", name, version]]),
        details={"class": _class_name(held.model), "version": held.version, "origin": ORIGIN},
        direction=str(options.get("direction", "higher")),
    )
    fingerprint = model_fingerprint(
        adapter=IN_MEMORY, weights=identity.digest, options=options, dtype=None
    )
    spec = HeldSpec(held.model, name, have, options)
    adapter = _adapter(spec, identity)
    return PreparedModel(spec, adapter, identity, capability, fingerprint, have, name)


def device_of(model: Model, asked: str) -> str:
    """The device that an object in memory is on: what was said, what it says, or the CPU."""
    if asked != "auto":
        return asked
    said = str(attribute(model, "device", "cpu"))
    return said if said.startswith("cuda") else "cpu"


def _adapter(spec: HeldSpec, identity: ModelIdentity) -> Adapter:
    return Adapter(
        name=IN_MEMORY,
        summary="an object in memory",
        checkpoint="",
        capabilities=lambda _: spec.have,
        identify=lambda *_: identity,
        load=lambda *_, device, **__: spec.load(device),
    )


def _capabilities(model: Model) -> frozenset[str]:
    if inspect.isclass(model):
        raise UsageError(
            f"{model.__name__} is a class, not a model", fix=f"Give an object: {model.__name__}()"
        )
    have = {name for name in known_capabilities() if callable(attribute(model, name))}
    if not callable(attribute(model, "answer")):
        have.discard("asking")  # whoever asks is told something
    named = any(attribute(model, name, ABSENT) is not ABSENT for name in LABELS)
    return frozenset(have if named else have - CLASSIFY)


def _chosen(model: Model, tasks: Sequence[Task], have: frozenset[str]) -> str:
    try:
        found = [choose_capability(task, have) for task in tasks]
    except UsageError as error:
        unnamed = [name for name in sorted(CLASSIFY - have) if callable(attribute(model, name))]
        if unnamed:
            raise UsageError(
                f"{unnamed[0]}() of {_class_name(model)} needs the names of its classes",
                fix='Give the object an attribute, such as: labels = ["cat", "dog"]',
            ) from None
        fix = "Give 'ADAPTER:CHECKPOINT', or an object with such a method"
        raise UsageError(error.message, fix=fix) from None
    return found[0] if found else min(have, default="")


def _options(model: Model) -> dict[str, Json]:
    """The object's direction, where it is not the usual one: it belongs to the fingerprint."""
    direction = attribute(model, "direction", ABSENT)
    if direction is ABSENT:
        direction = attribute(model, "DIRECTION", "higher")
    if not isinstance(direction, str) or direction not in DIRECTIONS:
        raise UsageError(
            "`direction` says which scores mean more of what is asked",
            fix='Write direction = "higher" or direction = "lower"',
        )
    return {} if direction == "higher" else {"direction": direction}


def _class_name(model: Any) -> str:
    name = getattr(model, "__name__", None) if inspect.ismodule(model) else None
    return name or f"{type(model).__module__}.{type(model).__qualname__}"
