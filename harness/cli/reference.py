"""The page ``docs/commands.md``, rendered from the commands; a test keeps them equal.

Print it with ``python -m harness.cli.reference``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from harness.cli import COMMANDS, application

INTRODUCTION = """# Commands

Every command with every option, as `marginbench COMMAND --help` says it. This page is rendered from
the commands (`python -m harness.cli.reference > docs/commands.md`).

Exit status: 0 fine, 1 invalid or worse, 2 usage, 3 incomplete, 70 a fault of MarginBench (the only
one with a traceback), 130 stopped by Ctrl-C, 141 nobody reads the output. What 0, 1 and 3 mean to a
command stands at its end. An error is one line that ends in what to type next.
`marginbench --version` tells the version.
"""


def render() -> str:
    """The page as Markdown."""
    return INTRODUCTION + "".join(_section(name, command) for name, command in commands())


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by what is typed behind ``marginbench``; those of a group come one by one."""
    context = click.Context(application)
    for name in COMMANDS:
        command = application.get_command(context, name)
        assert command is not None, "it is listed"
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", found) for inner, found in command.commands.items())
        else:
            yield name, command


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"\n## {name}\n", f"`marginbench {name} {usage}`\n"]
    lines += [inspect.cleandoc(command.help or ""), ""]
    for option in (one for one in command.params if isinstance(one, click.Option)):
        words, said = option.get_help_record(context) or ("", "")
        lines.append(f"- `{words}`: {' '.join(said.split())}")
    if command.epilog:
        lines += ["", command.epilog]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(render(), end="")
