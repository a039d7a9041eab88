"""``lmscan``: the AI probability of the package lmscan, a set of style heuristics.

The package rounds it to four digits, so many texts tie; scores are used as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import ModelIdentity
from harness.adapters.support.methods import method_adapter
from harness.capabilities import Floats
from harness.errors import UsageError
from harness.fingerprint import digest_files


class LmScan:
    """Scores texts one by one."""

    def score_texts(self, texts: Sequence[str]) -> Floats:
        """float64 of shape (len(texts),), within 0..1, higher is more likely machine-made."""
        import lmscan
        import numpy as np

        return np.array([lmscan.scan(text).ai_probability for text in texts], dtype=np.float64)


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    from importlib.metadata import version
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("lmscan")
    if spec is None or spec.origin is None:
        raise UsageError("the package lmscan is not installed", fix="Run: pip install lmscan")
    files = {path.name: path for path in Path(spec.origin).parent.glob("*.py")}
    details = {"package": f"lmscan {version('lmscan')}"}
    return ModelIdentity("lmscan", digest_files(files), details=details)


ADAPTER = method_adapter(
    "lmscan",
    "style heuristics of the package lmscan; its AI probability",
    "score_texts",
    identify=_identify,
    make=LmScan,
    packages=("lmscan",),
    extra="detectors",
)
