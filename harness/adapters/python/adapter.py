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
import linecache
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.adapters.python.nearest import either, hint, unused, usual
from harness.adapters.python.scan import Scan, scan_source
from harness.adapters.support.own_code import LABELS, Own, attribute, line_in
from harness.capabilities import CLASSIFY, Model, known_capabilities
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.strict_json import Json

FACTORY = "load"
"""Name of the function that is a factory without being named in the checkpoint."""


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
            return "" if self.function in known_capabilities() else self.function
        if self.scan.names & set(known_capabilities()):
            return ""
        return FACTORY if FACTORY in self.scan.returns else ""

    def _unknown(self) -> tuple[str, str]:
        """What is wrong with a factory of whose object the text tells no capability."""
        methods = self.scan.methods_of(self.factory)
        looked_like = unused(self.scan, self.factory)
        if looked_like:
            name, found = looked_like[0]
            return (
                f"what {self.factory}() returns has no method of a capability's name",
                f"`{name}` is none: did you mean {either(found)}?",
            )
        also = f" (it has {', '.join(sorted(methods)[:6])})" if methods else ""
        return (
            f"cannot tell from the text what {self.factory}() returns{also}",
            'Say it at the top of the file, such as: CAPABILITIES = ["score_pairs"]',
        )

    def capabilities(self) -> frozenset[str]:
        """Capabilities that the text declares.

        Raises :class:`UsageError` when there are none.
        """
        if self.factory:
            found = self.scan.declared or self.scan.methods_of(self.factory)
            missing = self._unknown()
        else:
            wanted = {self.function} if self.function else set(known_capabilities())
            found = self.scan.names & wanted
            missing = (
                f"no function named {', '.join(usual())}, and no {FACTORY}()",
                hint(self.scan.names, self.scan.waiting),
            )
        found &= set(known_capabilities())
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
        text = path.read_text(encoding="utf-8-sig")  # as Python itself reads it
        scan = scan_source(text)
    except SyntaxError as error:
        raise InvalidError(f"{path}:{error.lineno or 1}: SyntaxError: {error.msg}") from error
    except ValueError as error:  # not UTF-8, or holds NUL
        raise InvalidError(f"{path}: not Python source ({error})") from error
    except (RecursionError, MemoryError) as error:  # what Python's own parser has for it
        raise InvalidError(f"{path}: an expression in it is nested too deep") from error
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
        raise UsageError(
            f"{source.path} has no factory to take the dtype {dtype}",
            fix="Leave out --dtype, or write one: def load(*, dtype)",
        )
    wanted = source.capabilities()
    missing = sorted(name for name in wanted if not callable(attribute(holder, name)))
    if missing:
        raise InvalidError(
            f"{source.path}: {source.factory or 'the file'} has no working {', '.join(missing)}()",
            fix='Say what it has at the top of the file, such as: CAPABILITIES = ["rank"]',
        )
    return _own(source).model(holder, wanted, module)


def _run_file(source: Source) -> types.ModuleType:
    # Not put into sys.modules and its folder not on the path: the digest covers this one file,
    # so what it imports must be installed.
    module = types.ModuleType(source.path.stem)
    module.__file__ = str(source.path)
    linecache.checkcache(str(source.path))
    code = compile(source.text, str(source.path), "exec")
    _own(source).guard(lambda: exec(code, module.__dict__))()
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
        raise UsageError(
            f"{where} has no parameter dtype to take {dtype}",
            fix="Leave out --dtype, or give it one: def load(*, dtype)",
        )
    if "device" in parameters:
        values["device"] = device
    return _own(source).guard(factory)(**values)


def _own(source: Source) -> Own:
    file = str(source.path)
    return Own(file, lambda error: f"{file}:{line_in(error, file) or 1}")


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
