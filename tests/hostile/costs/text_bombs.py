"""TOML and JSON that cost far more than their size: of each kind the worst that was thought of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

KIB = 1024
Make = Callable[[], bytes]


def filled(unit: str, size: int) -> str:
    """A text over and over, whole, up to a size."""
    return unit * (size // len(unit))


def numbered(unit: Callable[[int], str], size: int) -> str:
    """Texts with a number each, up to a size."""
    longest = len(unit(10**6))
    return "".join(unit(number) for number in range(size // longest))


def dotted(parts: int) -> str:
    """A key of so many parts."""
    return ".".join(["a"] * parts)


def toml(size: int) -> dict[str, str]:
    """Texts of nearly ``size`` bytes, by kind."""
    twenty = dotted(19)
    return {
        "dotted": f"{dotted(size // 2 - 4)} = 1\n",
        "dotted-quoted": ".".join(['"a"'] * (size // 4 - 4)) + " = 1\n",
        "dotted-spaced": " . ".join(["a"] * (size // 4 - 4)) + " = 1\n",
        "dotted-in-table": f"x = {{ {dotted(size // 2 - 10)} = 1 }}\n",
        "dotted-after-text": f'x = ["""a"""", {{ {dotted(size // 2 - 20)} = 1 }}]\n',
        "header-dotted": f"[{dotted(size // 2 - 4)}]\n",
        "twenty-parts": numbered(lambda n: f"k{n}.{twenty} = 1\n", size),
        "twenty-same": numbered(lambda n: f"{twenty}.k{n} = 1\n", size),
        "headers-of-twenty": numbered(lambda n: f"[k{n}.{twenty}]\n", size),
        "lists-of-tables": filled(f"[[{twenty}.b]]\n", size),
        "tables": numbered(lambda n: f"[k{n}]\n", size),
        "keys": numbered(lambda n: f"k{n} = 1\n", size),
        "arrays-deep": "x = " + "[" * (size // 2 - 4) + "]" * (size // 2 - 4),
        "tables-deep": "x = " + "{a=" * (size // 4 - 4) + "1" + "}" * (size // 4 - 4),
        "digits": "x = " + "1" * (size - 10),
        "hexadecimal": "x = 0x" + "f" * (size - 10),
        "underscores": "x = 1" + "_1" * (size // 2 - 10),
        "fraction": "x = 1." + "1" * (size - 10),
        "escapes": 'x = "' + filled("\\u0041", size - 20) + '"',
        "open-text": 'x = """' + filled('""\\', size - 20),
        "quotes": filled('"', size),
        "spaces": filled(" ", size),
        "lines": filled("\r\n", size),
        "comments": filled("#\n", size),
        "empty-tables": "x = [" + filled("{},", size - 10) + "]",
        "nothing": "\0" * size,
    }


def record_texts(size: int) -> dict[str, str]:
    """JSON of nearly ``size`` bytes, by kind."""
    return {
        "deep-lists": "[" * (size // 2 - 2) + "]" * (size // 2 - 2),
        "deep-objects": '{"a":' * (size // 6 - 2) + "1" + "}" * (size // 6 - 2),
        "half-open": "[" * size,
        "digits": "1" * size,
        "fraction": "0." + "1" * (size - 4),
        "exponent": "1e" + "9" * (size - 4),
        "empty-lists": "[" + filled("[],", size - 8) + "[]]",
        "empty-objects": "[" + filled("{},", size - 8) + "{}]",
        "keys": "{" + numbered(lambda n: f'"k{n}":1,', size - 8) + '"z":1}',
        "keys-twice": "{" + filled('"a":1,', size - 8) + '"a":1}',
        "escapes": '"' + filled("\\u0041", size - 8) + '"',
        "surrogates": '"' + filled("\\ud800", size - 8) + '"',
        "backslashes": '"' + "\\" * (size - 4),
        "quotes": '"' * size,
        "texts": "[" + filled('"",', size - 8) + '""]',
    }


MANIFESTS: Mapping[str, Make] = {
    name: partial(str.encode, text) for name, text in toml(64 * KIB - 64).items()
}
"""Name -> a whole submission.toml."""

STATUSES: Mapping[str, Make] = {
    name: partial(str.encode, text) for name, text in toml(256 * KIB - 64).items()
}
"""Name -> a whole status.toml."""

RECORDS: Mapping[str, Make] = {
    name: partial(str.encode, text) for name, text in record_texts(512 * KIB - 64).items()
}
"""Name -> a whole record."""

PARTS: Mapping[str, Make] = {
    name: partial(str.encode, text) for name, text in record_texts(480 * KIB).items()
}
"""Name -> what fills a record that is one."""
