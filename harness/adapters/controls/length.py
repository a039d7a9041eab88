"""``length``: how long a text is, how large a picture, and nothing else.

A detector, a reranker or a quality model that it keeps up with may have learned no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity
from harness.adapters.support.methods import method_adapter, sha256_of
from harness.capabilities import Model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

ARITHMETIC = "1"


class Length:
    """Characters (code points) of a text or of a pair's document, pixels of a picture."""

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """The longer document first."""
        return _numbers([len(document) for _, document in pairs])

    def score_texts(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The longer, the more likely machine-made; see AUROC(length) for both ends."""
        return _numbers(list(map(len, texts)))

    def score_images(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """The larger, the better."""
        return _numbers([image.width * image.height for image in images])


def _numbers(lengths: Sequence[int]) -> NDArray[np.float64]:
    import numpy as np

    return np.array(lengths, dtype=np.float64)


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    return ModelIdentity(
        "length",
        sha256_of(f"length {ARITHMETIC}"),
        details={"control": "length", "arithmetic": ARITHMETIC},
    )


def _made(**options: Any) -> Model:
    return Length()


ADAPTER: Adapter = method_adapter(
    "length",
    "how long a text is, how large a picture: a control row",
    ("score_pairs", "score_texts", "score_images"),
    identify=_identify,
    make=_made,
)
