"""Whose fault it is that a checkpoint's adapter raised: the line names the checkpoint, and hides
nothing.

Libraries raise anything at a file that somebody else made: at load, at the first text that its
tokenizer cuts, in the network. Which file it was, or whether it is our own code that is wrong,
cannot be told from an exception. So the line has all that is known: the checkpoint, the kind and
the text of the error, and where in an adapter it arose.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import IncompleteError, InvalidError, MarginBenchError, said_by
from harness.memory import is_out_of_memory

ADAPTERS, SERVED = "harness.adapters.", "harness.adapters.served."
"""No library reads what a server answers: what breaks there is ours."""

LONGEST = 300
"""Characters shown of what an error says."""


@contextmanager
def checkpoint_errors(adapter: str, checkpoint: str) -> Iterator[None]:
    """Within, what comes out of an adapter's code is one line that names the checkpoint.

    Raises :class:`IncompleteError` for want of memory and :class:`InvalidError` for all else. What
    arose outside of adapters, and what an adapter without a checkpoint raises, is ours and passes.
    """
    try:
        yield
    except (MarginBenchError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        place = _place(error) if checkpoint else ""
        if not place or not (isinstance(error, Exception) or _is_panic(error)):
            raise
        said = f"{said_by(error)[:LONGEST]} (at {place})"
        if is_out_of_memory(error):
            raise IncompleteError(
                f"{adapter}:{checkpoint} takes more memory than there is: {said}",
                fix="Use a smaller dtype or another device, and run the same command again; or "
                "see that the numbers in its configuration are those of its weights",
            ) from error
        raise InvalidError(
            f"{adapter}:{checkpoint} cannot be used: {said}",
            fix="See that its files are whole and belong together; where they are, it is a fault "
            "of MarginBench: please report this line with the version of MarginBench",
        ) from error


def _is_panic(error: BaseException) -> bool:
    """Whether it is what Rust's panics come as, which is no :class:`Exception`."""
    return type(error).__name__ == "PanicException"


def _place(error: BaseException) -> str:
    """The deepest line of an adapter that an error came through; empty where there is none."""
    found, trace = "", error.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        if name.startswith(ADAPTERS) and not name.startswith(SERVED):
            found = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
