"""Adapter options as words of the command line, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from harness.adapters.base import Adapter, Option
from harness.errors import UsageError, did_you_mean
from harness.strict_json import Json

FREE = "*"
"""An adapter that declares this option takes any name."""


def parse_options(adapter: Adapter, options: Sequence[str]) -> dict[str, Json]:
    """All options of an adapter with their values: the given ``k=v`` over the defaults.

    An adapter that declares the option ``*`` takes any name; such values are read as JSON where
    that is possible and as text otherwise.
    """
    values: dict[str, Json] = {k: o.default for k, o in adapter.options.items() if k != FREE}
    for text in options:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--option {text!r} has no '='", fix="Write --option name=value")
        option = adapter.options.get(key) or adapter.options.get(FREE)
        if option is None or key == FREE:
            known = ", ".join(sorted(adapter.options)) or "none"
            raise UsageError(
                f"adapter {adapter.name!r} has no option {key!r}",
                fix=did_you_mean(key, adapter.options) if adapter.options else f"Known: {known}",
            )
        free = key not in adapter.options
        values[key] = _json_or_text(value) if free else _typed(key, value, option)
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


def _free(value: Json) -> str:
    plain = isinstance(value, str) and _json_or_text(value) == value
    return str(value) if plain else json.dumps(value)


def _typed(key: str, value: str, option: Option) -> Json:
    if option.type is bool:
        if value.lower() not in ("true", "false"):
            raise UsageError(f"--option {key}={value}: write true or false")
        return value.lower() == "true"
    try:
        return option.type(value)
    except ValueError:
        raise UsageError(f"--option {key}={value}: needs {option.type.__name__}") from None


def _json_or_text(value: str) -> Json:
    try:
        return json.loads(value)
    except ValueError:
        return value
