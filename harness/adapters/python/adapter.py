"""``python``: a model from one Python file, ``python:FILE.py[:function]``.

The file is read as text to find out what it can do, and run only when the model is loaded.

Rules. Functions at the top of the file that are named like capabilities (``score_pairs``,
``embed_images``, ``classify_texts`` and so on, see :mod:`harness.capabilities`) are the model.
Where there are none, a function ``load`` is a factory: the object it returns is the model, and
``--option k=v`` goes to it. ``:function`` picks one: the name of a capability means that function
alone, any other name means a factory. ``DIRECTION = "lower"`` says that lower scores mean more of
what is asked. A classifier names its classes in a list ``labels`` (or ``LABELS``) of the file or
the object.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import linecache
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.python.scan import Scan, scan_source
from harness.capabilities import CAPABILITIES, Model
from harness.errors import InvalidError, MarginBenchError, UsageError, did_you_mean
from harness.memory import is_out_of_memory
from harness.strict_json import Json

FACTORY = "load"
"""Name of the function that is a factory without being named in the checkpoint."""

LABELS = ("labels", "LABELS")
CLASSIFY = frozenset({"classify_texts", "classify_images"})
"""Names that a list of classes may have, and the capabilities that need one."""


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed checkpoint: the file, the name after the colon, and what the text declares."""

    path: Path
    function: str
    text: str
    scan: Scan

    @property
    def factory(self) -> str:
        """Name of the factory, or an empty string when top-level functions are the model."""
        if self.function:
            return "" if self.function in CAPABILITIES else self.function
        if self.scan.names & set(CAPABILITIES):
            return ""
        return FACTORY if FACTORY in self.scan.returns else ""

    def capabilities(self) -> frozenset[str]:
        """Capabilities that the text declares.

        Raises :class:`UsageError` when there are none.
        """
        if self.factory:
            found = self.scan.declared or self.scan.methods_of(self.factory)
            missing = (
                f"cannot tell from the text what {self.factory}() returns",
                'Say it at the top of the file, such as: CAPABILITIES = ["score_pairs"]',
            )
        else:
            wanted = {self.function} if self.function else set(CAPABILITIES)
            found = self.scan.names & wanted
            missing = (
                f"no function named {', '.join(CAPABILITIES)}, and no {FACTORY}()",
                "Define one, such as: def score_pairs(pairs): ...",
            )
        found &= set(CAPABILITIES)
        if not found:
            raise UsageError(f"{self.path}: {missing[0]}", fix=missing[1])
        unnamed = sorted(found & CLASSIFY)
        if unnamed and not self.factory and not self.scan.names & set(LABELS):
            raise UsageError(
                f"{self.path}: {unnamed[0]}() needs the names of its classes",
                fix='Write them at the top of the file, such as: labels = ["cat", "dog"]',
            )
        return frozenset(found)


def read_source(checkpoint: str) -> Source:
    """Read and parse ``FILE.py[:function]`` without running it.

    Raises :class:`UsageError` when there is no such file or function, and
    :class:`InvalidError` with file and line when it is not Python.
    """
    name, colon, function = checkpoint.rpartition(":")
    if not colon or not function.isidentifier():
        name, function = checkpoint, ""
    path = Path(name).expanduser()
    if not name or not path.is_file():
        raise UsageError(f"python: no file {name!r}", fix="Type --model python:FILE.py[:function]")
    try:
        text = path.read_text(encoding="utf-8")
        scan = scan_source(text)
    except SyntaxError as error:
        raise InvalidError(f"{path}:{error.lineno}: SyntaxError: {error.msg}") from error
    except ValueError as error:  # not UTF-8, or holds NUL
        raise InvalidError(f"{path}: not Python source ({error})") from error
    if function and function not in scan.names:
        raise UsageError(
            f"{path}: no function {function!r}", fix=did_you_mean(function, scan.names)
        )
    return Source(path, function, text, scan)


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    source = read_source(checkpoint)
    source.capabilities()
    if source.scan.direction not in ("higher", "lower"):
        raise UsageError(
            f"{source.path}: DIRECTION says which scores mean more of what is asked",
            fix='Write DIRECTION = "higher" or DIRECTION = "lower"',
        )
    if options and not source.factory:
        raise UsageError(
            f"{source.path} takes no options: they go to a factory, and its functions are used "
            "as they stand",
            fix=f"Remove --option {next(iter(options))}=..., or name a factory: "
            f"python:{source.path}:{FACTORY}",
        )
    name = source.path.stem + (f":{source.function}" if source.function else "")
    digest = hashlib.sha256(source.text.encode()).hexdigest()
    return ModelIdentity(
        name, digest, details={"file": source.path.name}, direction=source.scan.direction
    )


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
    source = read_source(checkpoint)
    module = _run_file(source)
    holder: Any = module
    if source.factory:
        factory = getattr(module, source.factory)
        holder = _call_factory(source, factory, options, device=device, dtype=dtype)
    elif dtype != "float32":
        raise UsageError(f"{source.path} has no factory to take the dtype {dtype}")
    wanted = source.capabilities()
    missing = sorted(name for name in wanted if not callable(getattr(holder, name, None)))
    if missing:
        raise InvalidError(
            f"{source.path}: {source.factory or 'the file'} has no working {', '.join(missing)}()",
            fix='Say what it has at the top of the file, such as: CAPABILITIES = ["rank"]',
        )
    model = _wrap(source, holder, wanted)
    if wanted & CLASSIFY:
        model.labels = _labels(source, holder, module)
    return model


def _run_file(source: Source) -> types.ModuleType:
    # Not put into sys.modules and its folder not on the path: the digest covers this one file,
    # so what it imports must be installed.
    module = types.ModuleType(source.path.stem)
    module.__file__ = str(source.path)
    linecache.checkcache(str(source.path))
    code = compile(source.text, str(source.path), "exec")
    _guard(source, lambda: exec(code, module.__dict__))()
    return module


def _call_factory(
    source: Source, factory: Any, options: Mapping[str, Json], *, device: str, dtype: str
) -> Any:
    where = f"{source.path}: {source.factory}()"
    if not callable(factory):
        raise UsageError(f"{where} is not a function")
    parameters = inspect.signature(factory).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    values = dict(options)
    unknown = [key for key in values if key not in parameters and not takes_any]
    if unknown:
        raise UsageError(
            f"{where} takes no option {unknown[0]!r}", fix=did_you_mean(unknown[0], parameters)
        )
    if "dtype" in parameters:
        values["dtype"] = dtype
    elif dtype != "float32":
        raise UsageError(f"{where} has no parameter dtype to take {dtype}")
    if "device" in parameters:
        values["device"] = device
    return _guard(source, factory)(**values)


def _wrap(source: Source, holder: Any, wanted: frozenset[str]) -> types.SimpleNamespace:
    """A model with just the wanted capabilities, whose errors name the user's file and line."""
    model = types.SimpleNamespace(resolved=_resolved(source, holder))
    for name in wanted:
        method = getattr(holder, name)
        if name == "embed_texts":
            method = _with_kind(method)
        setattr(model, name, _guard(source, method))
    if callable(getattr(holder, "count_tokens", None)):
        model.count_tokens = _guard(source, holder.count_tokens)
    return model


def _resolved(source: Source, holder: Any) -> dict[str, Json]:
    """The model's own account of its settings, if it gives one; it must fit into a record."""
    resolved = getattr(holder, "resolved", {})
    try:
        return dict(json.loads(json.dumps(dict(resolved), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise InvalidError(f"{source.path}: `resolved` is not a JSON object ({error})") from error


def _labels(source: Source, *holders: Any) -> tuple[str, ...]:
    """Names of the classes; :class:`InvalidError` when they are not a list of different texts."""
    given = [getattr(h, name) for h in holders for name in LABELS if hasattr(h, name)]
    try:
        found = tuple(given[0]) if given and not isinstance(given[0], str) else ()
    except TypeError:
        found = ()
    if not found or not all(isinstance(n, str) for n in found) or len(set(found)) < len(found):
        raise InvalidError(
            f"{source.path}: `labels` is not a list of different class names",
            fix='Write them in the order of the logits, such as: labels = ["cat", "dog"]',
        )
    return found


def _with_kind(method: Callable[..., Any]) -> Callable[..., Any]:
    """Accept ``kind`` also for a function that treats queries and documents alike."""
    parameters = inspect.signature(method).parameters
    if "kind" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return method
    return lambda texts, *, kind: method(texts)


def _guard(source: Source, function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn an exception of the user's code into one line with file and line number.

    Running out of memory passes through, because the engine answers it with a smaller batch.
    """

    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except MarginBenchError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            text = str(error).splitlines()
            kind = type(error).__name__
            raise InvalidError(
                f"{source.path}:{_line(error, source)}: {kind}" + (f": {text[0]}" if text else "")
            ) from error

    return guarded


def _line(error: BaseException, source: Source) -> int:
    """Line of the deepest frame inside the file; 1 when the error arose outside it."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(source.path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


ADAPTER = Adapter(
    name="python",
    summary="any model written as a Python file of a few lines",
    checkpoint="FILE.py[:function]",
    capabilities=lambda checkpoint: read_source(checkpoint).capabilities(),
    identify=_identify,
    load=_load,
    options={"*": Option(str, None, "any name=value; goes to the file's load()")},
    dtypes=("float32", "bfloat16", "float16"),
)
