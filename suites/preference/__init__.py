"""Preference: which of several answers do people prefer, and does a model know?"""

from __future__ import annotations

from suites.preference.catalogue import suite

__all__ = ["suite"]
