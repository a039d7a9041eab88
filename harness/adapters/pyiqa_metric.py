"""``pyiqa:METRIC``: any no-reference metric of pyiqa, which the user installs under its licence.

Which way a metric runs is read from the text of pyiqa's own table before anything is loaded.
Weights are pyiqa's business (it downloads or finds them); the digest of those that are torch
parameters or buffers stands in the record among the settings resolved at load.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.support.doors.weights import ALLOW, restricted_pickles
from harness.adapters.support.image_settings import image_settings
from harness.environment import install
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.fingerprint import digest_files
from harness.memory import is_out_of_memory
from harness.strict_json import Json

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

TABLE = "default_model_configs.py"
NOT_SINGLE = ("fid", "sfid", "fid_dinov2", "inception_score", "clipscore")
"""Metrics that pyiqa calls no-reference, but that need a set of images or a caption."""

SEED = 123
"""Set before every image, for metrics that crop at random: no score depends on its batch."""


def read_table(text: str) -> dict[str, dict[str, Any]]:
    """Metric name -> settings, from the text of pyiqa's table, which is not run.

    Raises :class:`InvalidError` when the text has no such table of plain values.
    """
    try:
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DEFAULT_CONFIGS":
                value = node.value.args[0] if isinstance(node.value, ast.Call) else node.value
                return dict(ast.literal_eval(value))
    except (SyntaxError, ValueError, TypeError, IndexError) as error:
        raise InvalidError(f"pyiqa: {TABLE} cannot be read ({error})") from error
    raise InvalidError(f"pyiqa: {TABLE} has no DEFAULT_CONFIGS", fix="Known to work: pyiqa 0.1.16")


def settings_of(metric: str, table: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The settings of a metric that scores one image. Raises :class:`UsageError` for any other."""
    usable = {
        name: entry
        for name, entry in table.items()
        if entry.get("metric_mode") == "NR" and name not in NOT_SINGLE
    }
    if metric in usable:
        return usable[metric]
    if metric in table:
        raise UsageError(
            f"pyiqa's {metric} does not score one image by itself",
            fix="Choose a no-reference metric, such as pyiqa:musiq",
        )
    raise UsageError(f"pyiqa has no metric {metric!r}", fix=did_you_mean(metric, usable))


def to_unit_array(image: Image) -> Floats:
    """Pixels as pyiqa wants them: float32 in 0..1 of shape (1, 3, height, width)."""
    import numpy as np

    pixels = np.asarray(image.convert("RGB"), dtype=np.float32) / np.float32(255)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[np.newaxis])


class PyiqaMetric:
    """A created metric; images are scored one at a time, since their sizes differ."""

    def __init__(self, name: str, metric: Any) -> None:
        self.name = name
        self.metric = metric
        self.resolved: dict[str, Json] = {
            "weights_sha256": _weights_digest(metric),
            **image_settings(
                size="handed over as it is; what the metric resizes is in its settings and source",
                crop="as the metric's settings and source say",
                resampling="as the metric's settings and source say",
                colour="RGB, float32 in 0..1",
            ),
        }

    def score_images(self, images: Sequence[Image]) -> Floats:
        """One score per RGB image."""
        import numpy as np

        return np.array([self._score(image) for image in images], dtype=np.float32)

    def _score(self, image: Image) -> float:
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(SEED)
            try:
                found = self.metric(torch.from_numpy(to_unit_array(image)))
            except Exception as error:  # anything: pyiqa is a hundred people's code
                if is_out_of_memory(error):
                    raise
                size = f"{image.width} x {image.height}"
                raise InvalidError(f"pyiqa {self.name}, image of {size}: {_line(error)}") from error
        if found.numel() != 1:
            raise InvalidError(f"pyiqa {self.name} gives {found.numel()} values for one image")
        return float(found.reshape(-1)[0])


def _weights_digest(metric: Any) -> str:
    import torch

    state = hashlib.sha256()
    for name, tensor in sorted(metric.state_dict().items()):
        plain = tensor.detach().cpu().contiguous()
        state.update(f"{name}\0{plain.dtype}\0{tuple(plain.shape)}\n".encode())
        state.update(plain.flatten().view(torch.uint8).numpy().tobytes())
    return state.hexdigest()


def _line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _package() -> Path:
    spec = find_spec("pyiqa")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise UsageError(
            "adapter 'pyiqa' needs the package pyiqa (non-commercial licence)",
            fix=f"Run: {install('pyiqa')}",
        )
    return Path(folders[0])


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    package = _package()
    table = package / TABLE
    if not table.is_file():
        raise InvalidError(f"pyiqa: {TABLE} is absent", fix="Known to work: pyiqa 0.1.16")
    settings = settings_of(checkpoint, read_table(table.read_text(encoding="utf-8")))
    source = digest_files({p.relative_to(package).as_posix(): p for p in package.rglob("*.py")})
    parts = {"metric": checkpoint, "source": source}
    return ModelIdentity(
        f"pyiqa:{checkpoint}",
        hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(),
        details={"source_sha256": source, "settings": json.dumps(settings, default=str)},
        direction="lower" if settings.get("lower_better", False) else "higher",
    )


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> PyiqaMetric:
    _package()
    try:
        import pyiqa
        import torch

        reading = nullcontext() if options.get(ALLOW) else restricted_pickles()
        with reading:
            metric = pyiqa.create_metric(checkpoint, device=torch.device(device))
    except Exception as error:  # imports, downloads and files of a hundred metrics
        if is_out_of_memory(error):
            raise
        raise UsageError(
            f"pyiqa cannot create {checkpoint}: {_line(error)}",
            fix="Its weights must be in pyiqa's cache, or the network must reach them; where they "
            "are a pickle of more than tensors that you trust: --option allow_pickle=true",
        ) from error
    return PyiqaMetric(checkpoint, metric)


ADAPTER = Adapter(
    name="pyiqa",
    summary="a no-reference metric of pyiqa (its licence and weights are the user's own)",
    checkpoint="METRIC",
    capabilities=lambda checkpoint: frozenset({"score_images"}),
    identify=_identify,
    load=_load,
    options={
        ALLOW: Option(bool, False, "read weights by a reader that may run their code", later=True)
    },
    packages=("pyiqa", "torch", "PIL"),
    extra="pyiqa",
)
