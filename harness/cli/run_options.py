"""How a run is watched: by machines from its first moment to its exit code, and by a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from math import inf
from typing import TYPE_CHECKING, Any

import click

from harness import __version__
from harness.cli import CLOSED, FAULT, INTERRUPTED, USAGE, ClosedOutputError
from harness.errors import MarginBenchError, UsageError, said_by

if TYPE_CHECKING:
    from harness.engine.watch import Watch

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def log_option() -> Decorator:
    """``--log-json FILE|-``: the command gets a ``watch``."""
    option = click.option(
        "--log-json",
        metavar="FILE|-",
        help="Tell machines what happens, one JSON object a line, behind what is in the file; - is "
        "standard error, in place of progress.",
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def called(*, log_json: str | None, model: str, **others: Any) -> Any:
            with _watched(log_json, model) as watch:
                return command(watch=watch, model=model, **others)

        return option(called)

    return decorate


def part_timeout_option() -> Decorator:
    """``--part-timeout SECONDS``."""
    return click.option(
        "--part-timeout",
        type=float,
        callback=_seconds,
        metavar="SECONDS",
        help="A worker that takes longer for a part is ended, and the part tried once more. "
        "Default: it may take any time.",
    )


def _seconds(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < inf:
        raise UsageError(f"--part-timeout {value:g} is no time to wait", fix="Give seconds above 0")
    return value


@contextmanager
def _watched(where: str | None, model: str) -> Iterator[Watch]:
    from harness.engine.event_log import STANDARD_ERROR, EventLog
    from harness.engine.watch import Watch

    if where is None:
        yield Watch()
        return
    log = EventLog(where)
    watch = Watch(log, silent=where == STANDARD_ERROR)
    watch.tell("call", version=__version__, model=model)
    code, said = 0, None
    try:
        yield watch
    except BaseException as error:
        code = code_of(error)
        said = str(error) if isinstance(error, MarginBenchError) else said_by(error)
        raise
    finally:
        watch.tell("call_end", status=code, error=said, tasks_ended=watch.ended, items=watch.items)
        log.close()


def code_of(error: BaseException) -> int:
    """The exit code of a command that ends with an exception."""
    if isinstance(error, MarginBenchError):
        return error.exit_code
    if isinstance(error, click.ClickException):
        return USAGE
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return INTERRUPTED
    return CLOSED if isinstance(error, ClosedOutputError | BrokenPipeError) else FAULT
