"""How predictions were made: device, time, memory, what asking cost, and the software."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harness.records.base import Strict
from harness.records.invariance import Invariance


class Latency(Strict):
    """Time for one query (or single item) at a time, after a warm-up."""

    median_seconds: float = Field(ge=0, description="Median over those sampled.")
    p95_seconds: float = Field(ge=0, description="95th percentile over those sampled.")
    queries: int = Field(ge=1, description="Queries, or single items, sampled.")
    protocol: str = Field(description="What was timed, in words.")


class Requests(Strict):
    """What was asked of a server over HTTP, over all parts of the task.

    The few that time a model one query at a time, and ask it again in another way, are not among
    them.
    """

    answered: int = Field(ge=0, description="Requests that were answered.")
    retries: int = Field(
        ge=0, description="Attempts before those, which a busy or broken server did not answer."
    )
    median_seconds: float | None = Field(
        ge=0, description="Median time of a request, that of its last attempt."
    )
    p95_seconds: float | None = Field(ge=0, description="95th percentile of that.")
    billed_units: int | None = Field(
        ge=0,
        description="Units that the server bills, such as searches; null without any.",
    )
    shortened: int = Field(
        ge=0,
        description="Prompts that were asked again with fewer words, as the server found them too "
        "long.",
    )
    unseen: int = Field(
        ge=0,
        description="Labels that were not among the likeliest tokens which the server told, and "
        "fell behind the others as they were.",
    )
    cost: float | None = Field(
        ge=0,
        description="Tokens and units times the prices among the model’s options, in their "
        "currency; null without a price, or where the server did not count.",
    )


class Effort(Strict):
    """What it cost to ask a language model, or a server, over all groups of the task.

    `effort.parquet` in the folder of the run has the same for every group, where groups were asked
    for one by one.
    """

    calls: int = Field(
        ge=0, description="Questions that were asked of a language model, or else requests."
    )
    prompt_tokens: int | None = Field(
        ge=0, description="Tokens read, or null where a server did not count them."
    )
    completion_tokens: int | None = Field(
        ge=0, description="Tokens written, or null where there are none or none were counted."
    )
    repairs: int = Field(
        ge=0, description="Answers that were not what was asked for, and were repaired by rule."
    )
    groups_repaired: int = Field(ge=0, description="Groups with at least one such answer.")
    requests: Requests | None = Field(
        description="What was asked over HTTP; null for a model that ran here."
    )


class RunInfo(Strict):
    """How the predictions were made. Null in a record of a scored file."""

    device: str = Field(description="Device asked for after resolving `auto`.")
    device_name: str = Field(description="Name of the processor or accelerator.")
    workers: int = Field(
        ge=1, description="Processes that held the model, at a time; of shards, the most of any."
    )
    batch: dict[str, Any] = Field(description="Batch settings: token budget, largest batch.")
    wall_seconds: float = Field(
        ge=0, description="Time spent in the model, over all attempts and shards."
    )
    load_seconds: float = Field(
        ge=0, description="Time to load the weights, last attempt; of shards, the longest."
    )
    items_per_second: float | None = Field(
        description="Task items (pairs, texts, images) per second of `wall_seconds`."
    )
    latency: Latency | None = Field(description="Per-query latency, or null when not measured.")
    latency_reason: str | None = Field(description="Why latency is null.")
    peak_memory_bytes: int = Field(ge=0, description="Peak resident memory of the process.")
    peak_device_memory_bytes: int | None = Field(description="Peak accelerator memory, or null.")
    attempts: int = Field(
        ge=1, description="How often the run, or its shards, were started until complete."
    )
    effort: Effort | None = Field(
        description="What asking cost; null for a model that answers items by themselves."
    )
    invariance: Invariance | None = Field(
        description="Whether answers held in other batches and another order, on a small sample."
    )
    invariance_reason: str | None = Field(description="Why invariance is null.")


class Git(Strict):
    """State of the harness's own checkout."""

    commit: str = Field(description="Commit hash.")
    dirty: bool = Field(description="True when files differed from the commit.")


class Environment(Strict):
    """Software the predictions were made with."""

    python: str = Field(description="Python version.")
    platform: str = Field(description="Operating system and machine type.")
    marginbench: str = Field(description="Version of MarginBench.")
    packages: dict[str, str] = Field(description="Versions of packages that can move a number.")
    git: Git | None = Field(description="Checkout state, or null when not run from a checkout.")
