"""Advice that fits the command at hand: no error proposes an option that its command lacks.

The same function fails in several commands, and names the option of the most usual one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Sequence

import click

from harness.errors import MarginBenchError

_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
_PROGRAM = re.compile(
    r"\b(?:marginbench|pip|python|sbatch|hf|onnx|git)\b|(?<![\w-])ray (?=[a-z])|\bRun: "
)
"""Words behind which an option is that of what is typed there."""


def advised(
    error: MarginBenchError, application: click.Group, arguments: Sequence[str] | None
) -> str:
    """The error's line, its advice cut to what can be typed to the command that was called."""
    known = _options(application, sys.argv[1:] if arguments is None else arguments)
    fix = fitting(error.fix, known) if known else error.fix
    return f"{error.message}. {fix}" if fix else error.message


def fitting(fix: str, known: Collection[str]) -> str:
    """Advice without the parts that name an option which is not ``known``.

    Of ``Choose another folder with --out`` the folder is left; a part between semicolons or before
    ``or`` goes as a whole. What tells of another program or command stays.
    """
    if not _foreign(fix, known):
        return fix
    fix = re.sub(r" with (--[a-z-]+)\b", lambda m: m[0] if m[1] in known else "", fix)
    parts = re.split(r"(; |, or )", fix)
    kept = [at for at in range(0, len(parts), 2) if not _foreign(parts[at], known)]
    return "".join(
        parts[at] if n == 0 else parts[at - 1] + parts[at] for n, at in enumerate(kept)
    ).strip()


def _foreign(text: str, known: Collection[str]) -> bool:
    plain = text[: match.start()] if (match := _PROGRAM.search(text)) else text
    return any(word not in known for word in _OPTION.findall(plain))


def _options(application: click.Group, arguments: Sequence[str]) -> set[str]:
    """The options of the command that these words call; empty where they call none."""
    found: click.Command = application
    for word in arguments:
        if word.startswith("-") or not isinstance(found, click.Group):
            break
        context = click.Context(found)
        if word not in found.list_commands(context):
            break
        found = found.get_command(context, word) or found
    if isinstance(found, click.Group):
        return set()
    options = {name for one in found.params for name in (*one.opts, *one.secondary_opts)}
    return {*options, "--help"}
