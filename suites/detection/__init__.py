"""Detection: how many machine-written texts are caught at a fixed false-positive rate?"""

from __future__ import annotations

from suites.detection.catalogue import suite

__all__ = ["suite"]
