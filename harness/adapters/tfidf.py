"""``tfidf``: a detector that ``marginbench train-baseline`` has fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter, ModelIdentity
from harness.capabilities import Floats
from harness.errors import UsageError
from harness.fingerprint import digest_files


class TfidfDetector:
    """Scores texts. ``scorer`` is a :class:`harness.baselines.tfidf.Scorer`."""

    def __init__(self, scorer: Any) -> None:
        self._scorer = scorer

    def score_texts(self, texts: Sequence[str]) -> Floats:
        """Log-odds, float32 of shape (len(texts),), higher is more likely machine-made."""
        import numpy as np

        scores: Floats = self._scorer.decision(texts).astype(np.float32)
        return scores


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    from harness.baselines.model_folder import check_sizes, read_asked
    from harness.baselines.tfidf import FILES, MOST_BYTES, read_manifest

    folder = Path(checkpoint).expanduser()
    if not checkpoint or not folder.is_dir():
        raise UsageError(
            f"no folder {checkpoint!r}" if checkpoint else "tfidf: no folder of a model is given",
            fix="Fit a model first: marginbench train-baseline --task ID --out MODEL_DIR; "
            "then type --model tfidf:MODEL_DIR",
        )
    manifest = read_manifest(folder)
    names = ("manifest.json", *FILES)
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise UsageError(f"{checkpoint} lacks {', '.join(missing)}", fix="Fit the model again")
    details = {**manifest["facts"], "features": manifest["features"], **read_asked(folder)}
    check_sizes([folder / name for name in names], MOST_BYTES)
    digest = digest_files({name: folder / name for name in names})
    return ModelIdentity(folder.resolve().name, digest, details=details)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> TfidfDetector:
    from harness.baselines.tfidf import Scorer, load

    return TfidfDetector(Scorer(load(Path(checkpoint).expanduser())))


ADAPTER = Adapter(
    name="tfidf",
    summary="TF-IDF with logistic regression, fitted by marginbench train-baseline",
    checkpoint="MODEL_DIR",
    capabilities=lambda checkpoint: frozenset({"score_texts"}),
    identify=_identify,
    load=_load,
    packages=("sklearn",),
    extra="baselines",
    devices=("cpu",),
)
