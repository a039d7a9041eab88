"""The command line. Commands are imported when they are called, heavy packages when they work."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from harness import __version__
from harness.errors import MarginBenchError, did_you_mean

COMMANDS = {
    "quickstart": "Evaluate the embedded models and build a page of them.",
    "list": "List suites, tasks, adapters or metrics.",
    "evaluate": "Evaluate checkpoints on tasks.",
    "merge": "Put the shards of runs together.",
    "train-baseline": "Fit a baseline on the split that a task has for it.",
    "doctor": "Say whether two doors lead to the same model, or whether one is steady.",
    "check-adapter": "Run a few embedded items through all that a model can do.",
    "new-adapter": "Write a file to start an adapter of your own from.",
    "score": "Score runs again, or predictions made elsewhere.",
    "compare": "Say what got better, what got worse and what flipped.",
    "baseline": "Make or update a committed baseline to compare with.",
    "show": "Show a record, a run folder, or all runs below folders.",
    "plot": "Draw runs of one task as a picture for a paper.",
    "submit": "Pack finished runs of one model for a pull request.",
    "validate": "Check submissions and compute their figures again.",
    "report": "Say what new submissions change on the board.",
    "audit": "Say what another board's results tell of its order.",
    "export": "Write runs, submissions or records in a format of another tool.",
    "import": "Read figures and values of items that another tool wrote.",
    "completion": "Print what makes a shell complete commands, options, tasks and adapters.",
    "site": "Build the static site from submissions or from runs.",
    "cache": "Say where the cache is and what it holds, or empty it.",
}
"""Command name -> the first line of its help. ``harness.cli.commands.NAME`` holds ``command``."""

USAGE, FAULT = 2, 70
INTERRUPTED, CLOSED = 130, 141
"""Further exit codes: a fault of ours, Ctrl-C, and output that nobody reads (128 and the signal).
So 1 means what a command says it means, and nothing else."""

COMPLETE = "_MARGINBENCH_COMPLETE"
"""Variable by which a shell asks what may be typed next, see ``marginbench completion``."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}

REPORT = (
    "please report it: open an issue of MarginBench with the lines above, the command, and what "
    "marginbench --version says"
)


class ClosedOutputError(Exception):
    """Whoever read the output has closed it, such as ``head``."""


@contextmanager
def _before_click() -> Iterator[None]:
    """Click would end with 1 for closed output, and take an end of file for Ctrl-C."""
    try:
        yield
    except BrokenPipeError as error:
        raise ClosedOutputError from error
    except EOFError as error:
        raise RuntimeError("a file ended too early") from error


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are called."""

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        """As click does, but for what :func:`run` has an exit code of its own for."""
        with _before_click():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, but for what :func:`run` has an exit code of its own for."""
        with _before_click():
            return super().invoke(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words, with the user's folder where they say ``~``."""
        from harness.cli.home import at_home

        return super().parse_args(ctx, at_home(args))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Command names in the order of :data:`COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; a stub with the help line while help is printed."""
        if cmd_name not in COMMANDS:
            ctx.fail(f"No such command {cmd_name!r}. {did_you_mean(cmd_name, COMMANDS)}")
        module = f"harness.cli.commands.{cmd_name.replace('-', '_')}"
        command: click.Command = import_module(module).command
        _tell_status(cmd_name, command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _tell_status(name: str, command: click.Command) -> None:
    """Let the help of a command, or of each in a group, end with what its exit status means."""
    from harness.cli.exit_status import status_text

    if isinstance(command, click.Group):
        for inner, found in command.commands.items():
            _tell_status(f"{name} {inner}", found)
    else:
        command.epilog = status_text(name)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="marginbench")
def application() -> None:
    """How good is a checkpoint, how sure are we, and what did the update break?"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 fine, 1 invalid or worse, 2 usage, 3 incomplete.

    70 is a fault of this program, the only one with a traceback.
    """
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        result = application.main(arguments, prog_name="marginbench", standalone_mode=False)
        _flush()
        return result if isinstance(result, int) else 0
    except MarginBenchError as error:
        from harness.cli.advice import advised
        from harness.submission.untrusted.shown import spelt

        # What it quotes may be a stranger's, and is shown, not obeyed.
        click.echo(f"error: {spelt(advised(error, application, arguments))}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE  # whatever click has for it: what was typed cannot be carried out
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            "\nstopped: finished parts are kept, run the same command again to go on", err=True
        )
        return INTERRUPTED
    except (ClosedOutputError, BrokenPipeError):
        _discard()
        return CLOSED
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # asking whether it is there is enough for this one
            name = str(error.filename)[:40]
            click.echo(f"error: {name}...: no file has so long a name", err=True)
            return USAGE
        if error.errno not in _FULL or error.filename is not None:
            return fault(error)
        _discard()  # no file of ours: it is the output that found no room
        click.echo(f"error: cannot write the output ({error.strerror})", err=True)
        return USAGE
    except SystemExit as error:
        if COMPLETE not in os.environ:
            return fault(error)
        return error.code if isinstance(error.code, int) else 0  # what a shell asked for is told
    except BaseException as error:  # others' code must not end a command with its code
        return fault(error)


def fault(error: BaseException) -> int:
    """Print what is a fault of ours with its traceback and how to report it; its exit code."""
    traceback.print_exception(error)
    print(f"error: this is a fault of MarginBench ({type(error).__name__}); {REPORT}",
          file=sys.stderr)  # fmt: skip
    return FAULT


def _flush() -> None:
    """What is written last must not be lost at the end of the process, where nobody is told."""
    if sys.stdout is not None:  # closed from the start
        sys.stdout.flush()


def _discard() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
