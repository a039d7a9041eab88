"""How a run is watched: by people and machines from first to last, and by a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from harness import __version__
from harness.cli import CLOSED, FAULT, INTERRUPTED, USAGE, ClosedOutputError
from harness.errors import MarginBenchError, UsageError, said_by
from harness.strict_json import Json

if TYPE_CHECKING:
    from harness.cli.asked_models import AskedModel
    from harness.engine.watch import Log, Watch

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Loudness(NamedTuple):
    """What of a run is told, and where."""

    verbose: bool
    quiet: bool
    log_file: Path | None
    log_json: str | None


def log_option() -> Decorator:
    """``--verbose``, ``--quiet``, ``--log-file``, ``--log-json``: the command gets a ``watch``."""
    json = click.option(
        "--log-json",
        metavar="FILE|-",
        help="Tell machines what happens, one JSON object a line, behind what is in the file; - is "
        "standard error, in place of progress.",
    )
    file = click.option(
        "--log-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE|-",
        help="Tell people what happens, as --verbose does, a line with its time behind what is in "
        "the file; - is standard error.",
    )
    quiet = click.option(
        "-q", "--quiet", is_flag=True, help="No progress: the table of results and errors alone."
    )
    verbose = click.option(
        "-v", "--verbose", is_flag=True, help="A line for all that happens: tasks, parts, times."
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def called(
            *,
            log_json: str | None,
            log_file: Path | None,
            verbose: bool,
            quiet: bool,
            models: Sequence[AskedModel],
            **others: Any,
        ) -> Any:
            if verbose and quiet:
                raise UsageError("--verbose and --quiet are opposites", fix="Give one of them")
            loudness = Loudness(verbose, quiet, log_file, log_json)
            named = ", ".join(one.model for one in models)
            with _watched(loudness, named) as watch:
                return command(watch=watch, models=models, **others)

        return verbose_(quiet_(file_(json_(called))))

    json_, file_, quiet_, verbose_ = json, file, quiet, verbose
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
def _watched(loudness: Loudness, model: str) -> Iterator[Watch]:
    from harness.engine.event_log import STANDARD_ERROR
    from harness.engine.watch import Watch

    silent = loudness.quiet or loudness.log_json == STANDARD_ERROR
    with ExitStack() as stack:
        logs = _logs(loudness, stack)
        if not logs:
            yield Watch(silent=silent)
            return

        def tell(event: str, fields: Mapping[str, Json]) -> None:
            for log in logs:
                log(event, fields)

        yield from _to_its_end(Watch(tell, silent=silent), model)


def _logs(loudness: Loudness, stack: ExitStack) -> list[Log]:
    from harness.cli.told_lines import LineFile, to_terminal
    from harness.engine.event_log import STANDARD_ERROR, EventLog

    terminal = str(loudness.log_file) == STANDARD_ERROR
    found: list[Log] = [to_terminal] if loudness.verbose or terminal else []
    if loudness.log_file is not None and not terminal:
        lines = LineFile(loudness.log_file)
        stack.callback(lines.close)
        found.append(lines)
    if loudness.log_json is not None:
        log = EventLog(loudness.log_json)
        stack.callback(log.close)
        found.append(log)
    return found


def _to_its_end(watch: Watch, model: str) -> Iterator[Watch]:
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


def code_of(error: BaseException) -> int:
    """The exit code of a command that ends with an exception."""
    if isinstance(error, MarginBenchError):
        return error.exit_code
    if isinstance(error, click.ClickException):
        return USAGE
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return INTERRUPTED
    return CLOSED if isinstance(error, ClosedOutputError | BrokenPipeError) else FAULT
