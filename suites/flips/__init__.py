"""Negative flips: what was right before an update and is wrong after it."""

from __future__ import annotations

from suites.flips.catalogue import suite

__all__ = ["suite"]
