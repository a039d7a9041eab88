"""``random`` and ``constant``: answers that know nothing of what they are asked about.

A random answer follows from the seed and the content that is asked about (the text, the pixels, the
pair), not from the order in which items come: it is the same in any batch, on any machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.controls.classes import classes_named
from harness.adapters.support.methods import sha256_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from harness.capabilities import Model, TextKind

ARITHMETIC = "1"
"""Raised with every change that may move an answer."""

ANSWERING = frozenset({"score_pairs", "score_texts", "score_images", "embed_texts", "embed_images"})
CHOOSING = frozenset({"classify_texts", "classify_images"})
DIMENSION = 64


class Random:
    """Scores even between 0 and 1, embeddings even over all directions, any class as likely."""

    def __init__(self, seed: int, labels: Sequence[str] = ()) -> None:
        self.seed = seed
        self.labels = tuple(labels)

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """A number of each pair."""
        return self._numbers([(query.encode(), text.encode()) for query, text in pairs])

    def score_texts(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """A number of each text."""
        return self._numbers([(text.encode(),) for text in texts])

    def score_images(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """A number of each picture."""
        return self._numbers(list(map(_of_image, images)))

    def embed_texts(self, texts: Sequence[str], *, kind: TextKind) -> NDArray[np.float32]:
        """A direction for each text."""
        return self._directions([(text.encode(),) for text in texts], DIMENSION)

    def embed_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """A direction for each picture."""
        return self._directions(list(map(_of_image, images)), DIMENSION)

    def classify_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Logits of no meaning for each text."""
        return self._directions([(text.encode(),) for text in texts], len(self.labels))

    def classify_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Logits of no meaning for each picture."""
        return self._directions(list(map(_of_image, images)), len(self.labels))

    def _numbers(self, contents: Sequence[Sequence[bytes]]) -> NDArray[np.float64]:
        import numpy as np

        bits = [int.from_bytes(self._digest(content)[:8], "big") >> 11 for content in contents]
        return np.array(bits, dtype=np.float64) / 2.0**53

    def _directions(self, contents: Sequence[Sequence[bytes]], size: int) -> NDArray[np.float32]:
        """Normal numbers by Box and Muller (1958), from bits that any machine makes alike."""
        import numpy as np

        half = -(-size // 2)
        found = np.empty((len(contents), 2 * half), dtype=np.float64)
        for row, content in enumerate(contents):
            bits = np.random.PCG64(int.from_bytes(self._digest(content), "big")).random_raw(
                2 * half
            )
            even = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
            length = np.sqrt(-2 * np.log(even[:half]))
            angle = 2 * np.pi * even[half:]
            found[row] = np.concatenate([length * np.cos(angle), length * np.sin(angle)])
        return found[:, :size].astype(np.float32)

    def _digest(self, content: Sequence[bytes]) -> bytes:
        made = hashlib.blake2b(digest_size=16, key=str(self.seed).encode())
        for part in content:
            made.update(len(part).to_bytes(8, "big") + part)
        return made.digest()


class Constant:
    """One answer to everything; of classes always the first that is named."""

    def __init__(self, labels: Sequence[str] = ()) -> None:
        self.labels = tuple(labels)

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """The same of each pair."""
        return _same(pairs)

    def score_texts(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The same of each text."""
        return _same(texts)

    def score_images(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """The same of each picture."""
        return _same(images)

    def embed_texts(self, texts: Sequence[str], *, kind: TextKind) -> NDArray[np.float32]:
        """One direction."""
        return _first(texts, 2)

    def embed_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """One direction."""
        return _first(images, 2)

    def classify_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The first class."""
        return _first(texts, len(self.labels))

    def classify_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """The first class."""
        return _first(images, len(self.labels))


def _of_image(image: Image) -> tuple[bytes, ...]:
    return f"{image.width}x{image.height}".encode(), image.tobytes()


def _same(items: Sequence[Any]) -> NDArray[np.float64]:
    import numpy as np

    return np.zeros(len(items), dtype=np.float64)


def _first(items: Sequence[Any], size: int) -> NDArray[np.float32]:
    import numpy as np

    return np.tile(np.eye(1, size, dtype=np.float32), (len(items), 1))


def _adapter(
    name: str, summary: str, make: Callable[..., Model], options: Mapping[str, Option]
) -> Adapter:
    def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
        labels = classes_named(checkpoint, name)
        seed = options.get("seed", 0)
        return ModelIdentity(
            f"{name}, seed {seed}" if seed else name,
            sha256_of("\n".join([f"{name} {ARITHMETIC}", *labels])),
            details={"control": name, "arithmetic": ARITHMETIC},
        )

    def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
        return make(**options, labels=classes_named(checkpoint, name))

    return Adapter(
        name=name,
        summary=summary,
        checkpoint="",
        capabilities=lambda checkpoint: ANSWERING | (CHOOSING if checkpoint else frozenset()),
        identify=identify,
        load=load,
        options=options,
        devices=("cpu",),
    )


RANDOM = _adapter(
    "random",
    "answers by chance: a control row, for classes random:a,b,c or random:FILE",
    Random,
    {"seed": Option(int, 0, "another draw; an answer follows from it and the content alone")},
)
CONSTANT = _adapter(
    "constant",
    "one answer to everything: a control row, for classes constant:a,b,c, the first of which it is",
    Constant,
    {},
)
