"""Blind image quality: correlation of scores with opinion."""

from __future__ import annotations

from suites.image_quality.catalogue import suite

__all__ = ["suite"]
