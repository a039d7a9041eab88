"""Threshold consistency: does one threshold serve all classes?"""

from __future__ import annotations

from suites.consistency.catalogue import suite

__all__ = ["suite"]
