"""Tokens of the next part are made while the model is at work on this one.

Only for models that say so (``reads_ahead``): on a GPU, whose processor has nothing else to do.
Where the model itself computes on the processor the tokenizer would take what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from harness.capabilities import Model
from harness.engine.jobs import Job


def reading_ahead(model: Model, jobs: Iterable[tuple[int, Job]]) -> Iterator[tuple[int, Job]]:
    """The jobs as they come, one part at most ahead of whoever takes them.

    The model counts the tokens of that part and keeps them (``count_tokens``), so that it does the
    same when the part is run, and finds them done. What goes wrong here goes wrong there again,
    and is told there.
    """
    if not getattr(model, "reads_ahead", False):
        yield from jobs
        return
    waiting = iter(jobs)
    now = next(waiting, None)
    with ThreadPoolExecutor(1, thread_name_prefix="tokens") as pool:
        while now is not None:
            following = next(waiting, None)
            made = None if following is None else _started(pool, model, following[1])
            yield now
            if made is not None:
                made.exception()  # waits; nothing is raised
            now = following


def _started(pool: ThreadPoolExecutor, model: Model, job: Job) -> Future[Any] | None:
    items = getattr(job, "counted", None)
    return None if items is None else pool.submit(model.count_tokens, items)
