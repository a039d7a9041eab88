"""YAML of others: plain values alone, no key twice, no aliases, nothing that costs without end.

Aliases unfold to any size and tags may make any object; neither is read. Dates stay the texts that
they are, as whoever asks for a text gets one.
"""

from __future__ import annotations

from typing import Any

from harness.errors import UsageError
from harness.strict_json import MOST_DEPTH, MOST_DIGITS

LARGEST = 4 * 1024**2
PLAIN = ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value")
_TAG = "tag:yaml.org,2002:"


def load_yaml(data: bytes) -> Any:
    """The one value of a text. Raises :class:`ValueError` in one line with what is wrong.

    Raises :class:`UsageError` where PyYAML is not installed.
    """
    if len(data) > LARGEST:
        raise ValueError(f"larger than {LARGEST // 1024**2} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    try:
        import yaml
    except ImportError:
        raise UsageError(
            "YAML is read by PyYAML, which is not installed",
            fix="Run: pip install pyyaml",
        ) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml, loader, text)
        return _value(yaml.compose(text, Loader=loader))
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())[:200]) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _check_events(yaml: Any, loader: Any, text: str) -> None:
    """Look for what would cost before anything is built."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("aliases (& and *) are not read")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise ValueError("more than one document")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                raise ValueError(f"nested more than {MOST_DEPTH} deep")
        depth -= isinstance(event, yaml.CollectionEndEvent)


def _value(node: Any) -> Any:
    """The value of a composed node: its tag was resolved, and it is one of the plain ones."""
    if node is None:
        return None
    kind = node.tag.removeprefix(_TAG)
    if kind not in PLAIN or not node.tag.startswith(_TAG):
        raise ValueError(f"the tag {node.tag[:60]!r} is not read")
    if kind == "seq":
        return [_value(one) for one in node.value]
    if kind == "map":
        return _mapping(node)
    return _scalar(kind, node.value)


def _mapping(node: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        name = key.value
        if not isinstance(name, str):
            raise ValueError("a key that is no text")
        if name in found:
            raise ValueError(f"key {name[:60]!r} stands twice")
        found[name] = _value(value)
    return found


def _scalar(kind: str, text: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on")
    if kind == "int":
        return _whole(text)
    if kind == "float":
        return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _whole(text: str) -> Any:
    """A decimal; what YAML 1.1 has besides (0x1f, 0o17, 1:30) stays the text that it is."""
    digits = text.replace("_", "")
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits) if digits.lstrip("+-").isdecimal() else text
