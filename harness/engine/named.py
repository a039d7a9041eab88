"""A model as named on the command line: checked before anything heavy is loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from os.path import expanduser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.adapters import ALIASES, adapters
from harness.adapters.base import Adapter, ModelIdentity, identifying
from harness.adapters.options import parse_options
from harness.adapters.support.families import contents
from harness.adapters.support.families import known as there
from harness.capabilities import Model
from harness.engine.devices import has_bfloat16, parse_devices
from harness.engine.whose import checkpoint_errors
from harness.engine.work import choose_capability, serving
from harness.environment import install, too_old
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.fingerprint import model_fingerprint
from harness.nouns import Task
from harness.strict_json import Json

CONTROLS = ("random", "constant", "length", "oracle")
"""Adapters of rows that systems are measured against."""

if TYPE_CHECKING:  # of records a worker process, which imports this module, has no need
    from harness.records.record import ModelRef

LONGEST_NAME = 80
"""As long as a submission's name may be."""


class Spec(Protocol):
    """How a model is had, and what a record says of that."""

    @property
    def checkpoint(self) -> str:
        """What the adapter was given."""
        ...

    @property
    def options(self) -> Mapping[str, Json]:
        """Every option with its value."""
        ...

    @property
    def dtype(self) -> str | None:
        """Number format of the weights, where it is known."""
        ...

    def load(self, device: str) -> Model:
        """The model on ``device``."""
        ...


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that can be loaded: picklable, so that every worker loads it by itself."""

    adapter: str
    checkpoint: str
    options: Mapping[str, Json]
    dtype: str
    digest: str = ""

    def load(self, device: str) -> Model:
        """Load the weights onto ``device``.

        Raises :class:`InvalidError` where a model that tells its ``digest``, as one behind a server
        does, has become another since it was identified.
        """
        adapter = adapters().get(self.adapter)
        with checkpoint_errors(self.adapter, self.checkpoint):
            model = adapter.load(self.checkpoint, device=device, dtype=self.dtype, **self.options)
        if self.digest and getattr(model, "digest", self.digest) != self.digest:
            raise InvalidError(
                f"{self.adapter}:{self.checkpoint} has become another model since it was asked "
                "who it is",
                fix="Run the same command again, when it stays one",
            )
        return model


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A checked model: its spec, who it is, and which capability serves the tasks.

    ``capability`` is that for the first task; :meth:`on` gives the one for any other. ``name`` is
    what tables call it: its own name, unless another was given.
    """

    spec: Spec
    adapter: Adapter
    identity: ModelIdentity
    capability: str
    fingerprint: str
    have: frozenset[str]
    name: str

    def on(self, task: Task) -> PreparedModel:
        """The same model with the capability that serves ``task``."""
        return replace(self, capability=choose_capability(task, self.have))


def prepare_model(
    name: str, options: Sequence[str], *, dtype: str, tasks: Sequence[Task], device: str = "cpu"
) -> PreparedModel:
    """Check ``ADAPTER:CHECKPOINT`` with ``k=v`` options against tasks, without loading weights.

    ``device`` is what was asked for, ``auto`` and ``cuda:0,1`` among others: the dtype ``auto``
    depends on it, and so does who the model is.

    Raises :class:`UsageError`: unknown adapter or option, unusable dtype, missing capability,
    missing package (with the install command), checkpoint that does not exist.
    """
    adapter, checkpoint = _adapter_of(name)
    resolved = parse_options(adapter, options)
    chosen = _dtype(adapter, dtype, device)
    _require_packages(adapter)
    capability = _capability(adapter, checkpoint, tasks)
    with checkpoint_errors(adapter.name, checkpoint):
        identity = adapter.identify(checkpoint, resolved)
    fingerprint = model_fingerprint(
        adapter=adapter.name,
        weights=identity.digest,
        options=identifying(adapter, resolved),
        dtype=chosen,
    )
    spec = ModelSpec(adapter.name, checkpoint, resolved, chosen, identity.digest)
    have = adapter.capabilities(checkpoint)
    return PreparedModel(spec, adapter, identity, capability, fingerprint, have, identity.name)


def capabilities_named(name: str) -> frozenset[str]:
    """What the model of that name can do, as its adapter says it.

    Raises :class:`UsageError` as :func:`prepare_model` does.
    """
    adapter, checkpoint = _adapter_of(name)
    _require_packages(adapter)
    return adapter.capabilities(checkpoint)


def _adapter_of(name: str) -> tuple[Adapter, str]:
    """The adapter and the checkpoint, of which ``~`` is the user's folder."""
    adapter_name, _, checkpoint = name.partition(":")
    known = adapters().names()
    if adapter_name not in {*known, *ALIASES}:
        raise UsageError(f"unknown adapter {adapter_name!r}", fix=_how_to_name(name, known))
    if checkpoint.startswith("~"):
        checkpoint = expanduser(checkpoint)
    return adapters().get(adapter_name), checkpoint


def _how_to_name(name: str, known: Collection[str]) -> str:
    """What to type in place of a model without a known adapter."""
    path = Path(name).expanduser()
    if path.suffix == ".py":
        return f"For a Python file type --model python:{name}"
    if path.exists():
        found = contents(path)
        first, *others = there(found) or [""]
        said = f"It {'holds' if path.is_dir() else 'is'} {found.what}: "
        also = f" (also {', '.join(others)})" if others else ""
        return said + (f"--model {first}:{name}{also}" if first else "no adapter takes it as it is")
    if name.count("/") == 1:
        hubs = ("torch", "vision", "llm")
        first, *others = [one for one in known if adapters().get(one).extra in hubs]
        return f"Say what loads it: --model {first}:{name} (also {', '.join(others)})"
    close = did_you_mean(name.partition(":")[0], known)
    return close if close.startswith("Did") else f"Known: {', '.join(sorted(known))}"


def checked_name(name: str) -> str:
    """A name as tables show it; :class:`UsageError` for none, and for what is no single line."""
    plain = name.strip()
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise UsageError(
            f"{name[:40]!r} is no name for a model",
            fix=f"Give 1 to {LONGEST_NAME} printable characters",
        )
    return plain


def _dtype(adapter: Adapter, dtype: str, device: str) -> str:
    chosen = dtype
    if dtype == "auto":
        half = adapter.half and has_bfloat16(parse_devices(device, usable=adapter.devices))
        chosen = "bfloat16" if half else "float32"
    if chosen not in adapter.dtypes:
        raise UsageError(
            f"adapter {adapter.name!r} has no dtype {chosen!r}",
            fix=f"Use --dtype {' or '.join(adapter.dtypes)}",
        )
    return chosen


def _require_packages(adapter: Adapter) -> None:
    missing = [name for name in adapter.packages if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"adapter {adapter.name!r} needs {', '.join(missing)}",
            fix=f"Install with: {install(adapter.extra)}",
        )
    if old := too_old(adapter.extra, adapter.packages):
        raise UsageError(
            f"adapter {adapter.name!r} needs {'; '.join(old)}",
            fix=f"Install with: {install(adapter.extra)}",
        )


def _capability(adapter: Adapter, checkpoint: str, tasks: Sequence[Task]) -> str:
    have = adapter.capabilities(checkpoint)
    chosen: list[str] = []
    for task in tasks:
        ways = serving(task)
        try:
            chosen.append(choose_capability(task, have))
        except UsageError as error:
            why = adapter.told_by(checkpoint) if adapter.told_by else ""
            others = _adapters_with(ways, adapter.name)
            raise UsageError(error.message, fix=f"{why}. {others}" if why else others) from None
    return chosen[0] if chosen else min(have)


def _adapters_with(capabilities: Collection[str], tried: str) -> str:
    registry = adapters()
    names = []
    for name in registry.names():
        if name in CONTROLS:  # whoever looks for a model looks for none of these
            continue
        try:
            have = registry.get(name).capabilities("")
        except UsageError:  # it answers only for a checkpoint that exists
            continue
        if have & set(capabilities):
            names.append(name)
    others = f"Adapters that have one: {', '.join(name for name in names if name != tried)}"
    return f"{others}, and {tried} for checkpoints of another kind" if tried in names else others


def record_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Options as they stand in a record: a path keeps its last part, so no machine is told."""
    return {key: _last_part(value) for key, value in values.items()}


def shown_checkpoint(checkpoint: str) -> str:
    """A checkpoint as it stands in a record: a local path keeps its last part."""
    return str(_last_part(checkpoint))


def _last_part(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("/", "./", "../", "~")):
        return value.rstrip("/").rpartition("/")[2]
    return value


def model_ref(model: PreparedModel) -> ModelRef:
    """A prepared model as a record describes it."""
    from harness.records.record import ModelRef

    identity = model.identity
    return ModelRef(
        name=model.name,
        revision=identity.revision,
        adapter=model.adapter.name,
        checkpoint=shown_checkpoint(model.spec.checkpoint),
        options=record_options(model.spec.options),
        dtype=model.spec.dtype,
        trust_remote_code=bool(model.spec.options.get("trust_remote_code", False)),
        fingerprint=model.fingerprint,
        details=dict(identity.details),
        capability=model.capability,
        scores_compare_across_queries=(
            model.adapter.scores_compare_across_queries and model.capability != "rank"
        ),
        direction=identity.direction,
    )
