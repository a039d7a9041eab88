"""Adapter options as words of the command line, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from harness.adapters.base import Adapter, Option
from harness.errors import UsageError, did_you_mean
from harness.strict_json import Json, finite, load_strict

FREE = "*"
"""An adapter that declares this option takes any name."""


def parse_options(adapter: Adapter, options: Sequence[str]) -> dict[str, Json]:
    """All options of an adapter with their values: the given ``k=v`` over the defaults.

    Options that it got later and that have their default are left out.

    An adapter that declares the option ``*`` takes any name; such values are read as JSON where
    that is possible and as text otherwise.
    """
    values: dict[str, Json] = {k: o.default for k, o in adapter.options.items() if k != FREE}
    for text in options:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--option {text!r} has no '='", fix="Write --option name=value")
        option = adapter.options.get(key) or adapter.options.get(FREE)
        if option is None or key in ("", FREE):
            known = ", ".join(sorted(adapter.options)) or "none"
            raise UsageError(
                f"adapter {adapter.name!r} has no option {key!r}",
                fix=did_you_mean(key, adapter.options) if adapter.options else f"Known: {known}",
            )
        free = key not in adapter.options
        values[key] = _json_or_text(key, value) if free else _typed(key, value, option)
    return {key: value for key, value in values.items() if not _silent(adapter, key, value)}


def checked_options(values: Mapping[str, Json]) -> Mapping[str, Json]:
    """Options that a program gives: names that can be typed, with values that a record can hold.

    Raises :class:`UsageError` otherwise.
    """
    if not isinstance(values, Mapping):
        raise UsageError(
            f"options is {type(values).__name__}", fix='Give a mapping: options={"name": value}'
        )
    for key, value in values.items():
        if not isinstance(key, str) or not key or "=" in key:
            raise UsageError(f"options: {key!r} is no option's name", fix="Give a text without '='")
        try:
            load_strict(json.dumps(value).encode())
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(f"options: {key} is not a JSON value ({error})") from None
    return values


def option_words(adapter: Adapter | None, values: Mapping[str, Json]) -> list[str]:
    """``k=v`` for each option: :func:`parse_options` makes the same values of them.

    ``adapter`` is ``None`` where it is not installed; its options are then taken for declared.
    """
    declared = values.keys() if adapter is None else adapter.options.keys()
    found = []
    for key, value in sorted(values.items()):
        if key not in declared:
            found.append(f"{key}={_free(value)}")
        elif value is not None:  # which is a default that nobody can type
            found.append(f"{key}={value if isinstance(value, str) else json.dumps(value)}")
    return found


def _silent(adapter: Adapter, key: str, value: Json) -> bool:
    option = adapter.options.get(key)
    return option is not None and option.later and value == option.default


def _free(value: Json) -> str:
    plain = isinstance(value, str) and not _is_json(value)
    return str(value) if plain else json.dumps(value)


def _typed(key: str, value: str, option: Option) -> Json:
    if option.type is bool:
        if value.lower() not in ("true", "false"):
            raise UsageError(f"--option {key}={value}: write true or false")
        return value.lower() == "true"
    read = finite if option.type is float else option.type
    try:
        return read(value)
    except ValueError:
        raise UsageError(f"--option {key}={value}: needs {option.type.__name__}") from None


def _json_or_text(key: str, value: str) -> Json:
    if not _is_json(value):
        return value
    try:
        return load_strict(value.encode())
    except ValueError as error:  # such as NaN, which Python reads and no record can hold
        raise UsageError(
            f"--option {key}={value[:60]}: {error}", fix=f"For a text, write {key}='\"...\"'"
        ) from None


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True
