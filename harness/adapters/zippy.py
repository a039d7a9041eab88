"""``zippy``: does a text compress better behind machine-written text (thinkst-zippy)?

The score is the package's own, signed: its confidence where it says AI, minus it where it says
human. Nothing is learned; the machine-written text that seeds the compressor is in the package.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.methods import method_adapter
from harness.capabilities import Floats
from harness.errors import UsageError, did_you_mean
from harness.fingerprint import digest_files
from harness.strict_json import Json

ENGINES = ("zlib", "brotli", "lzma")
PACKAGE = "thinkst-zippy"

OPTIONS = {
    "engine": Option(str, "zlib", "zlib, brotli or lzma (slowest, the package's own default)"),
    "chunk": Option(int, 1500, "characters scored at a time; a long text's parts are averaged"),
}

Delta = Callable[[str], float]


class Zippy:
    """Scores texts with one compression engine. ``resolved`` holds the settings in force."""

    def __init__(self, engine: str, chunk: int) -> None:
        from zippy.zippy import clean_text

        self._clean = clean_text
        self._chunk = chunk
        self._delta = _zlib_delta() if engine == "zlib" else _package_delta(engine)
        self.resolved: Mapping[str, Json] = {
            "engine": engine,
            "chunk": chunk,
            "library": _library(engine),
        }

    def score_texts(self, texts: Sequence[str]) -> Floats:
        """float64 of shape (len(texts),), higher is more likely machine-made.

        A text of which the package's cleaning leaves nothing scores 0: it says neither.
        """
        import numpy as np

        return np.array([self._score(self._clean(text)) for text in texts], dtype=np.float64)

    def _score(self, text: str) -> float:
        if not text:
            return 0.0
        # The package does the same in a process pool of its own, one pool per long text.
        return sum(self._delta(part) * (len(part) / len(text)) for part in parts(text, self._chunk))


def parts(text: str, size: int) -> list[str]:
    """Cut a text at the last space within each ``size`` characters; the space itself is dropped.

    A run of more than ``size`` characters without a space is cut at ``size``.
    """
    found = []
    start = 0
    while start + size < len(text):
        space = text.rfind(" ", start, start + size + 1)
        end = space if space > start else start + size
        found.append(text[start:end])
        start = end + 1 if space > start else end
    return [*found, text[start:]]


def _package_delta(engine: str) -> Delta:
    from zippy import zippy

    kind = {"lzma": zippy.LzmaLlmDetector, "brotli": zippy.BrotliLlmDetector}[engine]
    detector = kind(prelude_str=zippy.PRELUDE_STR)

    def delta(text: str) -> float:
        label, confidence = detector.score_text(text)
        return float(confidence) if label == "AI" else -float(confidence)

    return delta


def _zlib_delta() -> Delta:
    """As the package's zlib detector, but each piece of the seed text is compressed only once."""
    from zlib import compressobj

    from zippy import zippy

    detector = zippy.ZlibLlmDetector(prelude_str=zippy.PRELUDE_STR)
    seeds = []
    for lines in detector.prelude_chunks:
        seed = "\n".join(lines).encode()
        state = compressobj(level=detector.PRESET, wbits=detector.WBITS, memLevel=9)
        seeds.append((state, len(state.compress(seed)), len(seed)))

    def delta(text: str) -> float:
        data = text.encode()
        ratios = []
        for state, written, read in seeds:
            copy = state.copy()
            size = written + len(copy.compress(data)) + len(copy.flush())
            ratios.append(size / (read + len(data)))
        return float((detector.prelude_ratio - statistics.mean(ratios)) * 100)

    return delta


def _library(engine: str) -> str:
    if engine == "zlib":  # other builds of zlib compress to other sizes
        import zlib

        return f"zlib {zlib.ZLIB_RUNTIME_VERSION}"
    if engine == "brotli":
        from importlib.metadata import version

        return f"brotli {version('brotli')}"
    return "lzma"


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    engine = options.get("engine", "zlib")
    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}", fix=did_you_mean(engine, ENGINES))
    if options.get("chunk", 1500) < 1:
        raise UsageError("chunk must be at least 1 character")
    from importlib.metadata import version
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("zippy")
    origin = spec.origin if spec else None
    if origin is None or not (Path(origin).parent / "ai-generated.txt").is_file():
        raise UsageError(
            f"the package {PACKAGE} is incomplete",
            fix=f"Run: pip install --force-reinstall {PACKAGE}",
        )
    folder = Path(origin).parent
    files = {name: folder / name for name in ("ai-generated.txt", "zippy.py")}
    return ModelIdentity(
        f"zippy-{engine}", digest_files(files), details={"package": f"{PACKAGE} {version(PACKAGE)}"}
    )


ADAPTER = method_adapter(
    "zippy",
    "compression against machine-written text; nothing learned (thinkst-zippy)",
    "score_texts",
    identify=_identify,
    make=Zippy,
    options=OPTIONS,
    packages=("zippy", "brotli"),
    extra="detectors",
)
