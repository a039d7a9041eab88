"""What many checkpoints on every suite cost, and where it breaks first: prints docs/scale.md.

No measurement is made here. :data:`SUITES`, :data:`SITE` and the constants below are what was
measured, each with its command and date, or assumed, and said to be. The board itself is simulated:
checkpoints arrive at random over a year, and each merge asks for one more run of the site's job.

``python benchmarks/scale.py > docs/scale.md``
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

COUNTS = (100, 1_000, 10_000, 100_000)
"""Checkpoints on the board."""

PARAMETERS = 110e6
"""Of a checkpoint: an encoder of the base size. Assumed."""

FLOPS = 0.3 * 989e12
"""Per second and GPU: 30% of an H100's or H200's dense peak in bfloat16. Assumed: no accelerator
was at hand, and `benchmarks/gpu.py` measures it where one is."""

CORES, SECONDS_OF_JOB, SITE_BYTES, REPOSITORY_BYTES, MEMORY = 4, 6 * 3600, 1e9, 5e9, 16e9
"""Of a GitHub-hosted runner and of GitHub Pages, as GitHub's documentation gives them."""

YEAR = 365 * 86400.0
SEED = 20261130


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite: its tasks, and what one of them is and costs.

    ``items`` and ``tokens`` are round means over the suite's sets, assumed; a picture is 197
    patches. ``seconds`` are processor time to score an item; ``pairs`` that of an item squared.
    ``stored`` are bytes of predictions per item, ``record`` those of a record.
    """

    name: str
    tasks: int
    items: int
    tokens: int
    seconds: float
    pairs: float
    stored: float
    record: int


SUITES = (
    Suite("reranking", 63, 50_000, 200, 5.5e-6, 0.0, 3.2, 13_900),
    Suite("detection", 14, 50_000, 300, 48e-6, 0.0, 3.3, 44_000),
    Suite("consistency", 9, 20_000, 197, 144e-6, 4.8e-9, 33.0, 10_000),
    Suite("flips", 9, 20_000, 197, 26e-6, 0.0, 4.5, 8_100),
    Suite("image quality", 15, 8_000, 197, 100e-6, 0.0, 7.0, 13_300),
)

SMALL = 0.056
"""Processor seconds to validate a small submission of one task."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a system and a task of it add to the site: seconds, bytes, pages, memory."""

    start: float
    seconds: float
    bytes: float
    memory: float
    pages_per_system: float


SITE = Site(9.0, 0.098 / 40, 695e3 / 40, 1.28e9 / 500 / 40, 3.31)


@dataclass(frozen=True, slots=True)
class Costs:
    """What so many checkpoints cost, each on every suite."""

    checkpoints: int
    gpu_hours: float
    stored: float
    validation_hours: float
    site_seconds: float
    site_bytes: float
    site_memory: float
    pages: int


def tasks() -> int:
    """Tasks of all suites."""
    return sum(suite.tasks for suite in SUITES)


def gpu_seconds() -> float:
    """Of one checkpoint: two operations per parameter and token."""
    tokens = sum(suite.tasks * suite.items * suite.tokens for suite in SUITES)
    return 2 * PARAMETERS * tokens / FLOPS


def stored() -> float:
    """Bytes of one checkpoint's submission."""
    return sum(suite.tasks * (suite.items * suite.stored + suite.record) for suite in SUITES)


def validation() -> float:
    """Processor seconds to validate one checkpoint's submission."""
    return sum(
        suite.tasks * (SMALL + suite.items * suite.seconds + suite.items**2 * suite.pairs)
        for suite in SUITES
    )


def costs(checkpoints: int) -> Costs:
    """All of it for so many checkpoints."""
    rows = checkpoints * tasks()
    return Costs(
        checkpoints,
        gpu_hours=checkpoints * gpu_seconds() / 3600,
        stored=checkpoints * stored(),
        validation_hours=checkpoints * validation() / 3600,
        site_seconds=SITE.start + rows * SITE.seconds,
        site_bytes=rows * SITE.bytes,
        site_memory=rows * SITE.memory,
        pages=round(checkpoints * SITE.pages_per_system),
    )


def limits() -> list[tuple[int, str]]:
    """Checkpoints at which each limit is reached, the first one first."""
    per_task = tasks()
    found = [
        (SITE_BYTES / (per_task * SITE.bytes), "the site is larger than GitHub Pages takes (1 GB)"),
        (
            SECONDS_OF_JOB * CORES / validation(),
            "to score everything again takes a job's six hours, on all four cores",
        ),
        (
            SECONDS_OF_JOB / validation(),
            "to score everything again takes a job's six hours, on one core",
        ),
        (MEMORY / (per_task * SITE.memory), "building the site takes a runner's memory (16 GB)"),
        (REPOSITORY_BYTES / stored(), "the repository is larger than GitHub recommends (5 GB)"),
        (
            (SECONDS_OF_JOB - SITE.start) / (per_task * SITE.seconds),
            "building the site takes a job's six hours",
        ),
    ]
    return sorted((int(count), what) for count, what in found)


def waiting(checkpoints: int, *, cores: int, again: bool) -> tuple[float, float]:
    """Hours from a merge to its row on the site: the median, and that of the last tenth.

    Merges come at random over a year. One run of the job goes at a time, takes in all that is
    merged when it starts, and with ``again`` scores every submission again, else the new ones.
    """
    draw = random.Random(SEED)
    merges = sorted(draw.uniform(0, YEAR) for _ in range(checkpoints))
    waits: list[float] = []
    clock, done = 0.0, 0
    while done < checkpoints:
        clock = max(clock, merges[done])
        merged = done
        while merged < checkpoints and merges[merged] <= clock:
            merged += 1
        scored = merged if again else merged - done
        clock += scored * validation() / cores + costs(merged).site_seconds
        waits += [(clock - merge) / 3600 for merge in merges[done:merged]]
        done = merged
    return _median(waits), _median(waits[-max(1, checkpoints // 10) :])


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def render() -> str:
    """The page."""
    return f"{HEAD}\n{_costs()}\n{WHERE}\n{_limits()}\n{QUEUE}\n{_waits()}\n{MADE}\n{_measured()}"


def _costs() -> str:
    every = [costs(count) for count in COUNTS]
    rows = [
        ("GPU hours", [number(one.gpu_hours) for one in every]),
        ("submissions, stored", [size(one.stored) for one in every]),
        ("validation, hours of one core", [number(one.validation_hours) for one in every]),
        ("site, build in hours", [number(one.site_seconds / 3600) for one in every]),
        ("site, size", [size(one.site_bytes) for one in every]),
        ("site, pages", [f"{one.pages:,}" for one in every]),
        ("site, memory of the build", [size(one.site_memory) for one in every]),
    ]
    return table(["checkpoints", *(f"{count:,}" for count in COUNTS)], rows)


def _limits() -> str:
    return table(
        ["checkpoints", "what happens"], [(f"{count:,}", [what]) for count, what in limits()]
    )


def _waits() -> str:
    rows = []
    for count in COUNTS[:3]:
        for cores, again in ((1, True), (CORES, True), (1, False)):
            every, last = waiting(count, cores=cores, again=again)
            what = "everything again" if again else "what is new"
            rows.append((f"{count:,}", [what, str(cores), number(every), number(last)]))
    head = ["checkpoints a year", "scored at each merge", "cores", "hours, median", "at the end"]
    return table(head, rows)


def _measured() -> str:
    rows = [
        (
            suite.name,
            [f"{suite.tasks}", f"{suite.items:,}", f"{suite.tokens}", f"{suite.seconds * 1e6:.3g}",
             f"{suite.stored:g}", f"{suite.record:,}"],
        )
        for suite in SUITES
    ]  # fmt: skip
    head = ["suite", "tasks", "items", "tokens", "µs to score an item", "bytes", "record"]
    return table(head, rows)


def table(head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Rows as Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join([name, *cells]) + " |" for name, cells in rows)])


def number(value: float) -> str:
    """Two digits that say something."""
    return f"{float(f'{value:.2g}'):,.10g}"


def size(value: float) -> str:
    """Bytes for people."""
    for unit, least in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if value >= least:
            return f"{number(value / least)} {unit}"
    return f"{number(value / 1e3)} kB"


HEAD = """# What many checkpoints cost

Ten thousand checkpoints on every suite, and what gives way first. The page is printed by
`benchmarks/scale.py`, from rates that were measured with other scripts and from sizes that are
assumed; both stand at its end. No board of this size was ever built.
"""
WHERE = """
A checkpoint is an encoder of 110 million parameters; GPU hours are for one GPU at 30% of an H200's
peak in bfloat16, which is assumed. What it does besides (loading, tokenising, waiting) comes on
top.

## Where it breaks first
"""
QUEUE = """
What gives way first is not the work with weights but what is done again at each merge: every
submission is scored anew, in one job. Next is where things lie. Nearly all of a submission is its
predictions, three to four bytes a row (33 an item where embeddings are kept), so they outgrow a
repository; and the site holds rows, pictures and downloads of every system. To score only what is
new, to keep predictions beside the repository and to serve the site from elsewhere are the three
steps from some hundred checkpoints to some thousand; the memory of the site's build is the fourth.

## How long a merge waits

Simulated: merges at random over a year, one run of the job at a time, each taking in all that is
merged. The last column is the median of the last tenth of the merges.
"""
MADE = """
## What it is made of

Items and tokens are round means, assumed: 500 queries of 100 candidates, texts of 300 tokens,
pictures of 197 patches. The rest was measured on 2026-11-30 on two cores (AMD EPYC): seconds by
`benchmarks/growth.py` (reranking, flips, image quality), `marginbench score` of 672,000 texts
(detection), and counts of every pair of 2,000 to 64,000 embeddings, which add 4.8 ns for each pair
of items (consistency); 0.056 s for a submission of one small task by `marginbench validate` of 11
and of 44; bytes of the submissions of this repository, and of one of 672,000 texts. For the site,
builds of 50 and of 200 systems on 40 tasks, of which each task of a system adds 2.4 ms of processor
time and 17 kB, and the memory that `benchmarks/site.py` saw with 500.
"""


if __name__ == "__main__":
    from common import Options

    Options(__doc__).parse_args()
    print(render())
