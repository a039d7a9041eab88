"""How large batches may be, and what each kind of device takes without being told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """``tokens``: padded tokens per batch at most; ``items``: items per batch at most."""

    tokens: int
    items: int


DEFAULTS = {"cpu": BatchSettings(tokens=4096, items=64), "cuda": BatchSettings(65536, 1024)}
"""Batch settings by kind of device."""


def kind_of(device: str) -> str:
    """``cpu`` or ``cuda`` of ``cuda:0`` or ``cuda:0,cuda:1``."""
    return device.partition(":")[0]


def batch_settings(device: str, tokens: int | None, items: int | None) -> BatchSettings:
    """A device's default settings, with what was given by hand in their place."""
    defaults = DEFAULTS[kind_of(device)]
    return BatchSettings(tokens or defaults.tokens, items or defaults.items)
