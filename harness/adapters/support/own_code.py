"""A user's own code as a model: just the capabilities asked for, its errors in one line."""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any

from harness.capabilities import CLASSIFY
from harness.errors import InvalidError, MarginBenchError, said_by
from harness.memory import is_out_of_memory
from harness.strict_json import Json

LABELS = ("labels", "LABELS")
"""Names that a list of classes may have."""


@dataclass(frozen=True, slots=True)
class Own:
    """Whose code it is, for messages. ``place`` says where in it an error arose."""

    name: str
    place: Callable[[BaseException], str]

    def model(self, holder: Any, wanted: frozenset[str], *further: Any) -> types.SimpleNamespace:
        """A model with just the wanted capabilities of ``holder``.

        Class names may also stand in ``further`` objects. Raises :class:`InvalidError` for an
        account of itself or for class names that are of no use.
        """
        model = types.SimpleNamespace(resolved=plain_settings(holder, self.name))
        for name in wanted:
            method = attribute(holder, name)
            if name == "embed_texts":
                method = _with_kind(method)
            if name == "score_lists":
                method = _read_whole(method)
            setattr(model, name, self.guard(method))
        count_tokens = attribute(holder, "count_tokens")
        if callable(count_tokens):
            model.count_tokens = self.guard(count_tokens)
        if wanted & CLASSIFY:
            model.labels = self._labels(holder, *further)
        return model

    def guard(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Turn an exception of the code into one line that says where it arose.

        Running out of memory passes through, because the engine answers it with a smaller batch.
        Lists are the code's own: it may sort or empty them, and what is asked next stays as it is.
        """

        def guarded(*args: Any, **kwargs: Any) -> Any:
            given = [list(one) if type(one) is list else one for one in args]
            try:
                return function(*given, **kwargs)
            except (MarginBenchError, KeyboardInterrupt):
                raise
            except BaseException as error:  # SystemExit, or what asyncio ends its tasks with
                if is_out_of_memory(error):
                    raise
                said = f"{self.place(error)}: {said_by(error)}"
                raise InvalidError(said, fix=_how_to_import(error)) from error

        return guarded

    def _labels(self, *holders: Any) -> tuple[str, ...]:
        given = [attribute(holder, name, ABSENT) for holder in holders for name in LABELS]
        first = next((labels for labels in given if labels is not ABSENT), ())
        try:
            found = () if isinstance(first, str | Set) else tuple(first)
        except TypeError:
            found = ()
        if not found or not all(isinstance(n, str) for n in found) or len(set(found)) < len(found):
            raise InvalidError(
                f"{self.name}: `labels` is not a list of different class names",
                fix='Write them in the order of the logits, such as: labels = ["cat", "dog"]',
            )
        return found


ABSENT = object()
"""Stands for an attribute that is not there, where ``None`` would be a value."""


def attribute(holder: Any, name: str, default: Any = None) -> Any:
    """An attribute of somebody's object; :class:`InvalidError` where its own code fails."""
    try:
        return getattr(holder, name, default)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise InvalidError(
            f"`{name}` of {type(holder).__name__} cannot be read ({said_by(error)})"
        ) from error


def plain_settings(holder: Any, name: str) -> dict[str, Json]:
    """A model's own account of its settings, if it gives one; it must fit into a record.

    Raises :class:`InvalidError` for one that does not; ``name`` is whose it is.
    """
    resolved = attribute(holder, "resolved", {})
    try:
        return dict(json.loads(json.dumps(dict(resolved), allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidError(f"{name}: `resolved` is not a JSON object ({error})") from error


def line_in(error: BaseException, file: str) -> int | None:
    """Line of the deepest frame inside a file; ``None`` when the error arose outside it."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _read_whole(method: Callable[..., Any]) -> Callable[..., Any]:
    """A generator read to its end, so that what it raises is told as any other error is."""

    def whole(lists: Any) -> Any:
        found = method(lists)
        return list(found) if inspect.isgenerator(found) else found

    return whole


def _with_kind(method: Callable[..., Any]) -> Callable[..., Any]:
    """Accept ``kind`` also for a function that treats queries and documents alike."""
    try:
        parameters = inspect.signature(method).parameters
    except (TypeError, ValueError):  # compiled code may not tell
        return method
    if "kind" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return method
    return lambda texts, *, kind: method(texts)


def _how_to_import(error: BaseException) -> str:
    """Model files are run alone: the folder that they lie in is no place to import from."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    module = error.name.partition(".")[0]
    return f"Install {module}, or set PYTHONPATH to the folder that holds it"
