"""Checking an adapter: what its text says, what it needs, and what it does with a few items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.adapters.base import Adapter
from harness.adapters.python.adapter import read_source
from harness.adapters.python.nearest import either, unused
from harness.capabilities import LOOKED_UP
from harness.engine.checking.steps import FINE, NOTE, WRONG, Line, steps
from harness.engine.devices import parse_devices
from harness.engine.named import PreparedModel, prepare_model
from harness.errors import MarginBenchError, said_by

PYTHON = "python"
RUN_ANYWAY = frozenset({"keep_first_stage"})
"""What is looked up, and can be without ids."""


def full_name(given: str) -> str:
    """``ADAPTER:CHECKPOINT`` of what was given; the path of a Python file stands for itself."""
    if given.partition(":")[0] != PYTHON and Path(given).suffix == ".py":
        return f"{PYTHON}:{given}"
    return given


def check_adapter(
    name: str, options: Sequence[str], *, device: str = "auto", dtype: str = "auto"
) -> Iterator[Line]:
    """Every check as a line, as it is done.

    Raises :class:`~harness.errors.UsageError` for what is no adapter, or cannot be loaded as typed.
    """
    model = prepare_model(full_name(name), options, dtype=dtype, tasks=(), device=device)
    yield from _read(model.adapter, model.spec.checkpoint)
    have = sorted(model.have)
    yield Line("", "can do", FINE, ", ".join(have))
    loaded = _loaded(model, device)
    if isinstance(loaded, str):
        yield Line("", "loads", WRONG, loaded)
        return
    for capability in have:
        if capability in LOOKED_UP - RUN_ANYWAY:
            said = "looks answers up by the ids of a task, which nothing embedded has"
            yield Line(capability, "answers", NOTE, said)
        else:
            yield from steps(loaded[0], capability)


def _read(adapter: Adapter, checkpoint: str) -> Iterator[Line]:
    """What the text of a Python file tells."""
    if adapter.name != PYTHON:
        return
    source = read_source(checkpoint)
    for name, found in unused(source.scan, source.factory):
        said = f"`{name}` is not used: did you mean {either(found)}?"
        yield Line("", "names", NOTE, said)
    for name in sorted(source.scan.waiting):
        yield Line("", "names", NOTE, f"`{name}` is written async def and not used: write def")


def _loaded(model: PreparedModel, device: str) -> tuple[object] | str:
    try:
        (chosen, *_) = parse_devices(device, usable=model.adapter.devices)
        return (model.spec.load(chosen),)
    except MarginBenchError as error:
        if error.exit_code == 2:
            raise
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # of an adapter's own package
        return said_by(error)
