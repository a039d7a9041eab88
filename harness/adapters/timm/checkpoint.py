"""Which timm checkpoint is meant, and its identity, without loading weights.

A checkpoint is a folder in timm's own format (``config.json`` and weights), a ``.safetensors`` file
beside such a ``config.json``, a hub name ``org/name[@revision]``, or a name of timm's own such as
``resnet18.a1_in1k[@revision]``, which stands for ``timm/resnet18.a1_in1k`` on the hub. With
``pretrained=false`` such a name is an architecture with seeded random weights: a control row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.adapters.base import Option
from harness.adapters.support.checkpoints import Checkpoint, counts, digest_folder, resolve
from harness.adapters.support.doors.check import check_doors
from harness.adapters.support.doors.names import check_names
from harness.adapters.support.doors.weights import ALLOW, PICKLES, PREFERRED
from harness.errors import UsageError, did_you_mean
from harness.fingerprint import digest, digest_files
from harness.tasks.reading.holes import check_holes

SEED = 0
CONFIG = "config.json"
OPTIONS: Mapping[str, Option] = {
    "revision": Option(str, "", "commit, branch or tag of a hub checkpoint"),
    "pretrained": Option(bool, True, "false: random weights, for a name of timm's own"),
}


@dataclass(frozen=True, slots=True)
class TimmCheckpoint:
    """A checkpoint that is known to exist.

    ``source`` is what timm's ``create_model`` takes as a name; ``file`` the weights, where they are
    on this machine; ``digest`` covers configuration and weights, or is the commit.
    """

    name: str
    source: str
    digest: str
    revision: str | None = None
    file: Path | None = None
    pretrained: bool = True


def find(checkpoint: str, options: Mapping[str, Any]) -> TimmCheckpoint:
    """Find a checkpoint. Raises :class:`UsageError` when there is none, or it is incomplete."""
    path = Path(checkpoint).expanduser()
    revision = options.get("revision", "")
    if not checkpoint:
        raise UsageError("no checkpoint", fix="Give a folder, a hub name, or a name of timm's own")
    local = path.is_file() or path.is_dir()
    if not options.get("pretrained", True):
        if local or "/" in checkpoint or revision:
            raise UsageError(
                "pretrained=false is for names of timm's own",
                fix="Type for example --model image-embedder:resnet18",
            )
        return _random(checkpoint)
    if local and revision:
        raise UsageError(f"{checkpoint} is local and has no revision", fix="Leave it out")
    if path.is_dir():
        return _folder(path, options)
    if path.is_file():
        return _file(path)
    name = checkpoint if "/" in checkpoint else f"timm/{_tagged(checkpoint)}"
    found = resolve(name, revision=revision)
    check_doors(found, options)
    commit = str(found.revision)
    return TimmCheckpoint(found.name, f"hf-hub:{found.name}@{commit}", commit, commit)


def _random(name: str) -> TimmCheckpoint:
    versions = [version("timm"), version("torch")]  # both decide which numbers are drawn
    identity = digest([["timm random", name, SEED, versions]])
    return TimmCheckpoint(f"{name} (random)", name, identity, pretrained=False)


def _folder(path: Path, options: Mapping[str, Any]) -> TimmCheckpoint:
    _require_config(path)
    check_doors(Checkpoint(path, path.name, None), options)
    source = f"local-dir:{path.resolve()}"
    file = _weights(path.resolve(), allow_pickle=bool(options.get(ALLOW)))
    return TimmCheckpoint(path.resolve().name, source, digest_folder(path), file=file)


def _weights(folder: Path, *, allow_pickle: bool) -> Path:
    """The file of a folder's weights, which is named to timm.

    Of several it takes the last by its own list of endings, and so a pickle beside safetensors.
    """
    named = [name for name in PREFERRED if name.endswith(".safetensors")]
    found = [folder / name for name in named if (folder / name).is_file()]
    found += [path for path in sorted(folder.glob("*.safetensors")) if counts(path.name)]
    if allow_pickle:
        pickles = [path for ending in PICKLES for path in sorted(folder.glob(f"*{ending}"))]
        found += [path for path in pickles if counts(path.name)]
    if not found:
        raise UsageError(
            f"{folder} holds no weights (such as model.safetensors)",
            fix="Write them beside the configuration: timm.models.save_for_hf(model, FOLDER)",
        )
    return found[0]


def _file(path: Path) -> TimmCheckpoint:
    if path.suffix != ".safetensors":
        raise UsageError(f"{path} is no .safetensors file", fix="Give its folder")
    folder = path.resolve().parent
    _require_config(folder)
    check_names(folder / CONFIG, trusted=False)
    check_holes(path)
    identity = digest_files({CONFIG: folder / CONFIG, "weights": path})
    return TimmCheckpoint(path.stem, f"local-dir:{folder}", identity, file=path.resolve())


def _require_config(folder: Path) -> None:
    if not (folder / CONFIG).is_file():
        raise UsageError(
            f"{folder} holds no {CONFIG}",
            fix="Give the folder of a checkpoint: timm writes one with "
            "timm.models.save_for_hf(model, FOLDER), transformers with save_pretrained(FOLDER)",
        )


def _tagged(name: str) -> str:
    """A name of timm's own with the tag of its weights; that of timm's choice where none is."""
    base, at, revision = name.partition("@")
    if "." in base:
        return name
    import timm

    config = timm.get_pretrained_cfg(base) if timm.is_model(base) else None
    if config is None or not config.tag:
        raise UsageError(
            f"timm has no model {base!r} with weights",
            fix=did_you_mean(base, timm.list_models(pretrained=True)),
        )
    return f"{base}.{config.tag}{at}{revision}"
