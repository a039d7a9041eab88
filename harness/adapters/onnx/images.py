"""``onnx-embedder`` on images: a folder with ``model.onnx`` and no ``tokenizer.json``.

The graph takes float32 of shape (images, 3, height, width); see
:mod:`harness.adapters.support.image_preparation` for how an image becomes that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity
from harness.adapters.onnx.running import run_graph
from harness.adapters.support.checkpoints import digest_folder
from harness.adapters.support.image_preparation import Preparation, read_preparation
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.fingerprint import digest
from harness.strict_json import Json

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from harness.capabilities import Floats

ARITHMETIC = "1"
"""Raised with every change that may move a number."""

GRAPHS = ("model.onnx", "onnx/model.onnx")
TEXT_OPTIONS = ("max_length", "query_prompt", "document_prompt")
OUTPUTS = ("image_embeds", "embeddings", "embedding", "pooler_output", "sentence_embedding")
POOLINGS = ("mean", "cls")


def image_folder(checkpoint: str) -> Path | None:
    """The folder, when the checkpoint is one with a graph and without a tokenizer."""
    folder = Path(checkpoint).expanduser()
    if not checkpoint or not folder.is_dir() or (folder / "tokenizer.json").is_file():
        return None
    return folder if any((folder / name).is_file() for name in GRAPHS) else None


class OnnxImageEmbedder:
    """Embeds images with onnxruntime. ``resolved`` holds the settings in force."""

    def __init__(self, folder: Path, *, device: str, options: Mapping[str, Any]) -> None:
        from harness.adapters.onnx.texts import open_session

        graph = next(folder / name for name in GRAPHS if (folder / name).is_file())
        self._prepare = read_preparation(folder, options)
        self._session = open_session(graph, device, options["threads"])
        self._input = _image_input(self._session, graph)
        _check_sides(self._input.shape, self._prepare)
        self._output, dimensions = _choose_output(self._session)
        self._pooling = _pooling(options["pooling"], dimensions)
        self._normalize = options["normalize"]
        self._alone = self._input.shape[0] == 1
        self.resolved: Mapping[str, Json] = {
            **self._prepare.described(),
            "pooling": self._pooling or None,
            "normalize": self._normalize,
            "output": self._output,
            "provider": self._session.get_providers()[0],
        }

    def embed_images(self, images: Sequence[Image]) -> Floats:
        """Embed one batch: float32 of shape (len(images), dimension)."""
        import numpy as np

        if not images:
            return np.empty((0, 0), dtype=np.float32)
        pixels = np.stack([self._prepare.apply(image) for image in images])
        batches = np.split(pixels, len(pixels)) if self._alone else [pixels]
        vectors = np.concatenate([self._forward(batch) for batch in batches])
        if self._normalize:
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            vectors = vectors / np.where(norms > 0, norms, np.float32(1))
        result: Floats = vectors
        return result

    def _forward(self, pixels: np.ndarray[Any, Any]) -> Floats:
        output = run_graph(
            self._session, self._output, {self._input.name: pixels}, dimensions=(2, 3, 4)
        )
        if output.ndim == 4:  # a map of features
            output = output.mean(axis=(2, 3))
        elif output.ndim == 3:
            output = output[:, 0] if self._pooling == "cls" else output.mean(axis=1)
        vectors: Floats = output
        return vectors


def _image_input(session: Any, path: Path) -> Any:
    """The graph's one input. Raises :class:`InvalidError` when it is not for images."""
    inputs = session.get_inputs()
    shape: list[Any] = list(inputs[0].shape) if len(inputs) == 1 else []
    fixed = [
        isinstance(side, int) and side != known for side, known in zip(shape, (1, 3), strict=False)
    ]
    if len(shape) != 4 or any(fixed) or inputs[0].type != "tensor(float)":
        told = "; ".join(f"{entry.name} {entry.type} {entry.shape}" for entry in inputs)
        raise InvalidError(
            f"{path} is not an image encoder this adapter can feed: it takes {told}, and float32 "
            "of shape (images, 3, height, width) is known"
        )
    return inputs[0]


def _check_sides(shape: Sequence[Any], prepared: Preparation) -> None:
    for side, given in zip(shape[2:], (prepared.height, prepared.width), strict=True):
        if isinstance(side, int) and side != given:
            raise UsageError(
                f"the graph takes images of {shape[2]} x {shape[3]}, not {prepared.height} x "
                f"{prepared.width}",
                fix=f"Type --option size={side}",
            )


def _choose_output(session: Any) -> tuple[str, int]:
    """A graph's own embedding if a name says so, then the first output; and its dimensions."""
    outputs = {entry.name: entry for entry in session.get_outputs()}
    name = next((wanted for wanted in OUTPUTS if wanted in outputs), next(iter(outputs)))
    dimensions = len(outputs[name].shape or ())
    if dimensions not in (2, 3, 4):
        raise InvalidError(f"the graph's output {name} has {dimensions} dimensions: no embedding")
    return name, dimensions


def _pooling(wanted: str, dimensions: int) -> str:
    if dimensions != 3:
        return "mean" if dimensions == 4 else ""
    if wanted not in POOLINGS:
        raise UsageError(
            "the graph gives one vector per patch, and how they become one is not declared"
            if not wanted
            else f"unknown pooling {wanted!r}",
            fix="Type --option pooling=mean or --option pooling=cls"
            if not wanted
            else did_you_mean(wanted, POOLINGS),
        )
    return wanted


def identify(folder: Path, options: Mapping[str, Any]) -> ModelIdentity:
    """Identity of an image folder; errors as in :func:`read_preparation`."""
    idle = [name for name in TEXT_OPTIONS if options.get(name)]
    if idle:
        raise UsageError(
            f"{folder} holds no tokenizer.json, and {idle[0]} is for texts",
            fix=f"Leave out --option {idle[0]}",
        )
    read_preparation(folder, options)
    graph = next(name for name in GRAPHS if (folder / name).is_file())
    weights = digest([["onnx images", ARITHMETIC, digest_folder(folder)]])
    return ModelIdentity(folder.resolve().name, weights, details={"graph": graph})
