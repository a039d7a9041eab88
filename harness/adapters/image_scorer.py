"""``image-scorer:MODULE:ATTR``: an importable object that scores images.

ATTR is a function from a list of RGB images to scores, an object with ``score_images``, or a class
(it is called with the options, and with ``device`` if it takes one, to make such an object or a
callable). With ``--option factory=true`` a function is called like a class. ``--option
direction=higher`` or ``lower`` must say which scores mean better quality.

The module is found, and its source digested, without importing it; ``load`` imports it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.support.image_settings import image_settings
from harness.adapters.support.own_code import plain_settings
from harness.errors import InvalidError, MarginBenchError, UsageError, did_you_mean
from harness.fingerprint import digest_files
from harness.memory import is_out_of_memory
from harness.strict_json import Json

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

OPTIONS = {
    "direction": Option(str, "", "required: higher or lower, whichever means better quality"),
    "factory": Option(bool, False, "call the function first and use what it returns"),
    "*": Option(str, None, "any name=value; goes to the class or factory"),
}


def split_name(checkpoint: str) -> tuple[str, str]:
    """Module and attribute of ``MODULE:ATTR``. Raises :class:`UsageError` for another form."""
    module, _, attribute = checkpoint.partition(":")
    parts = [*module.split("."), *attribute.split(".")]
    if not all(part.isidentifier() for part in parts):
        raise UsageError(
            f"image-scorer: {checkpoint!r} is not MODULE:ATTR",
            fix="Type --model image-scorer:package.module:name",
        )
    return module, attribute


def source_files(module: str) -> dict[str, Path]:
    """Files that a module's identity covers: every .py of its package, or the one file.

    No package is imported to find them. Raises :class:`UsageError` when there is no such module.
    """
    files: dict[str, Path] = {}
    spec: ModuleSpec | None = None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        spec = _spec_below(spec, name)
        if spec is None:
            raise UsageError(
                f"image-scorer: no module {name!r}",
                fix=f"Install it, or set PYTHONPATH to the folder that holds {parts[0]}",
            )
        files = files or _own_files(spec, name)
    if not files:
        raise UsageError(f"image-scorer: {module!r} is a folder without code")
    return files


def _spec_below(parent: ModuleSpec | None, name: str) -> ModuleSpec | None:
    if parent is not None:  # util.find_spec would import the parent
        return PathFinder.find_spec(name, list(parent.submodule_search_locations or ()))
    try:
        return find_spec(name)
    except ValueError:  # already imported, and made by hand
        return None


def _own_files(spec: ModuleSpec, name: str) -> dict[str, Path]:
    """Files of the outermost package with code; a namespace package has none of its own."""
    if spec.origin is None or not spec.has_location:
        return {}
    path = Path(spec.origin)
    if not spec.submodule_search_locations:
        return {f"{name}{path.suffix}": path}
    found = {p.relative_to(path.parent).as_posix(): p for p in path.parent.rglob("*.py")}
    return {f"{name}/{relative}": p for relative, p in found.items()}


def _distributions(module: str) -> list[Json]:
    names = packages_distributions().get(module.partition(".")[0], [])
    return [f"{name}=={version(name)}" for name in sorted(set(names))]


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    module, attribute = split_name(checkpoint)
    direction = options.get("direction", "")
    if direction not in ("higher", "lower"):
        raise UsageError(
            f"image-scorer: which scores of {checkpoint} mean better quality must be declared",
            fix="Add --option direction=higher (or lower)",
        )
    files = source_files(module)
    return ModelIdentity(
        f"{module}:{attribute}",
        digest_files(files),
        details={"files": len(files), "distributions": _distributions(module)},
        direction=direction,
    )


class Scorer:
    """A user's scoring function, whose failures are one line and whose output is checked.

    ``resolved`` holds what the scorer tells of itself, ``told``, which may be more of what it does
    to an image than is known from outside.
    """

    def __init__(
        self, name: str, score: Callable[..., Any], told: Mapping[str, Json] | None = None
    ) -> None:
        self.name = name
        self.score = score
        own = "as the scorer does it"
        self.resolved: dict[str, Json] = {
            **image_settings(
                size=f"handed over as it is, then {own}",
                crop=own,
                resampling=own,
                colour=f"RGB of 8 bits is handed over, then {own}",
            ),
            **(told or {}),
        }

    def score_images(self, images: Sequence[Image]) -> Floats:
        """One score per image; :class:`InvalidError` when the user's code fails or miscounts."""
        found = _guarded(self.name, lambda: _floats(self.score(list(images))))
        if found.shape != (len(images),):
            raise InvalidError(
                f"image-scorer {self.name}: {len(images)} images gave an array of shape "
                f"{found.shape}",
                fix="Return one number per image",
            )
        scores: Floats = found
        return scores


def _floats(values: Any) -> Any:
    """Numbers in the precision they came in, as two that differ must not become one."""
    import numpy as np

    found = np.asarray(values)
    return found if found.dtype in (np.float16, np.float32) else found.astype(np.float64)


def _guarded(name: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except MarginBenchError:
        raise
    except Exception as error:
        if is_out_of_memory(error):  # the engine answers it with a smaller batch
            raise
        text = str(error).splitlines()
        kind = type(error).__name__ + (f": {text[0]}" if text else "")
        raise InvalidError(f"image-scorer {name}: {_frame(error)}{kind}") from error


def _frame(error: BaseException) -> str:
    """File name and line where it arose, for the user to look at."""
    trace, found = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename != __file__:
            found = f"{Path(code.co_filename).name}:{trace.tb_lineno}: "
        trace = trace.tb_next
    return found


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Scorer:
    module, attribute = split_name(checkpoint)
    source_files(module)
    holder: Any = _guarded(checkpoint, lambda: import_module(module))
    for part in attribute.split("."):
        if not hasattr(holder, part):
            raise UsageError(
                f"image-scorer: {module} has no {attribute!r}",
                fix=did_you_mean(part, [n for n in dir(holder) if not n.startswith("_")]),
            )
        holder = getattr(holder, part)
    own = {k: v for k, v in options.items() if k not in ("direction", "factory")}
    if inspect.isclass(holder) or options.get("factory", False):
        holder = _made(checkpoint, holder, own, device)
    elif own:
        raise UsageError(
            f"image-scorer: {checkpoint} is used as it stands and takes no option {min(own)!r}",
            fix="Add --option factory=true if it returns the scorer",
        )
    score = getattr(holder, "score_images", holder)
    if not callable(score):
        raise UsageError(
            f"image-scorer: {checkpoint} cannot be called and has no score_images()",
            fix="Name a function from a list of images to scores",
        )
    return Scorer(checkpoint, score, plain_settings(holder, checkpoint))


def _made(name: str, factory: Any, options: Mapping[str, Json], device: str) -> Any:
    if not callable(factory):
        raise UsageError(f"image-scorer: {name} is not a class or function to call")
    try:
        parameters = inspect.signature(factory).parameters
    except ValueError:  # some classes written in C tell nothing
        parameters = inspect.signature(lambda **anything: None).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    unknown = [key for key in options if key not in parameters and not takes_any]
    if unknown:
        raise UsageError(
            f"image-scorer: {name} takes no option {unknown[0]!r}",
            fix=did_you_mean(unknown[0], parameters),
        )
    values = dict(options)
    if "device" in parameters:
        values.setdefault("device", device)
    return _guarded(name, lambda: factory(**values))


ADAPTER = Adapter(
    name="image-scorer",
    summary="an importable function or class that scores images",
    checkpoint="MODULE:ATTR",
    capabilities=lambda checkpoint: frozenset({"score_images"}),
    identify=_identify,
    load=_load,
    options=OPTIONS,
    packages=("PIL",),
    extra="images",
)
