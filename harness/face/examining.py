"""``doctor``: whether two doors lead to the same model, or whether one is steady."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Unpack

from harness.adapters import adapters
from harness.adapters.options import checked_options, option_words
from harness.capabilities import Model
from harness.engine.doctor.report import Report
from harness.engine.doctor.request import DoctorRequest, Side
from harness.engine.doctor.run import examine
from harness.engine.held import HeldModel
from harness.errors import UsageError
from harness.face.asked import Loading, a_text, load_request, one_of, one_task, whole_number
from harness.face.running import DTYPES
from harness.nouns import Task
from harness.strict_json import Json


def doctor(
    model: str | Model,
    against: str | Model | None = None,
    *,
    task: str | Task | None = None,
    queries: int | None = None,
    options: Mapping[str, Json] | None = None,
    against_options: Mapping[str, Json] | None = None,
    device: str = "auto",
    dtype: str = "auto",
    against_dtype: str = "auto",
    data: str | PathLike[str] | None = None,
    quiet: bool = False,
    **loading: Unpack[Loading],
) -> Report:
    """Ask two models the same, or one in several ways, and say in words what that means.

    Either is ``"ADAPTER:CHECKPOINT"`` or an object with a capability. ``task`` is an embedded one
    unless named; all else is as in ``marginbench doctor``. Raises a :class:`MarginBenchError` where
    one of them cannot be asked; what they answer is in the report's ``verdict`` and ``exit_code``.
    """
    depth = loading.pop("depth", None)
    second = None
    if against is not None:
        second = _side("against", against, against_options, device, against_dtype)
    elif against_options is not None or against_dtype != "auto":
        raise UsageError("there is no other door", fix="Give one: doctor(model, against)")
    request = DoctorRequest(
        first=_side("model", model, options, device, dtype),
        second=second,
        task=None if task is None else one_task(task).id,
        load=load_request(data, **loading),
        count=whole_number("queries", queries),
        depth=whole_number("depth", depth),
        guest=True,
        quiet=quiet,
    )
    return examine(request)


def _side(
    what: str, model: str | Model, options: Mapping[str, Json] | None, device: str, dtype: str
) -> Side:
    device, dtype = a_text("device", device), one_of("dtype", dtype, DTYPES)
    if isinstance(model, str):
        words: tuple[str, ...] = ()
        if options is not None:
            adapter = adapters().get(model.partition(":")[0])
            words = tuple(option_words(adapter, checked_options(options)))
        return Side(model, words, device, dtype)
    if options is not None or dtype != "auto":
        raise UsageError(f"{what} is an object in memory, which is used as it is",
                         fix="Leave out its options and dtype")  # fmt: skip
    return Side(HeldModel(model, type(model).__name__), (), device)
