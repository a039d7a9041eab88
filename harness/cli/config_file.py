"""``--config FILE.toml``: flags that stand in a file, as if they had been typed behind the others.

So what a run keeps of the command is the flags themselves, and everything is checked in one way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli.home import at_home
from harness.cli.options import Decorator, OnceCommand
from harness.errors import UsageError, did_you_mean
from harness.files import read_regular
from harness.tasks.reading.toml_text import load_toml

CONFIG = "--config"
LARGEST = 1 << 16
"""Bytes of a file of flags, at most."""


def config_option() -> Decorator:
    """``--config FILE.toml``, for a :class:`ConfigCommand`."""
    return click.option(
        CONFIG,
        "_config",
        expose_value=False,
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        metavar="TOML",
        help='Flags from a file: limit = 5, task = ["a", "b"], and tables such as [option] for '
        "those of the form K=V. What is typed goes first; paths are as if typed.",
    )


class ConfigCommand(OnceCommand):
    """A command whose flags may also stand in a file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments and those of the file behind them.

        Raises :class:`UsageError` for a file that is no TOML, a key that is no flag, and a value
        that no flag has.
        """
        if ctx.resilient_parsing or not any(word.partition("=")[0] == CONFIG for word in args):
            return super().parse_args(ctx, args)
        given, _, order = self.make_parser(ctx).parse_args(args=list(args))
        named = given.get("_config")
        if not isinstance(named, str) or sum(one.name == "_config" for one in order) > 1:
            return super().parse_args(ctx, args)  # which refuses it
        typed = {str(parameter.name) for parameter in order}
        words = [*_without(args), *at_home(list(_words(self, ctx, Path(named), typed)))]
        try:
            return super().parse_args(ctx, words)
        except click.BadParameter as error:
            if error.param is None or error.param.name in typed:
                raise
            raise click.BadParameter(f"{error.message} (in {named})", ctx, error.param) from None


def _without(args: Sequence[str]) -> list[str]:
    """The words without those that name the file."""
    place = next(at for at, word in enumerate(args) if word.partition("=")[0] == CONFIG)
    return [*args[:place], *args[place + (1 if "=" in args[place] else 2) :]]


def _words(
    command: click.Command, ctx: click.Context, path: Path, typed: Collection[str]
) -> Iterator[str]:
    flags = _flags(command)
    for key, value in _read(path).items():
        name = key.replace("_", "-")
        if name not in flags:
            raise UsageError(
                f"{path}: {key!r} is no flag of {ctx.info_name}", fix=did_you_mean(name, flags)
            )
        if flags[name].name not in typed:
            yield from _typed(flags[name], name, value, f"{path}: {key}")


def _flags(command: click.Command) -> dict[str, click.Option]:
    """Every option by each of its names without the dashes; not the file's own, and no help."""
    return {
        word.removeprefix("--"): option
        for option in command.params
        if isinstance(option, click.Option) and option.name not in ("_config", "help")
        for word in (*option.opts, *option.secondary_opts)
        if word.startswith("--")
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        return load_toml(read_regular(path, most=LARGEST), most=LARGEST)
    except OSError as error:
        said = error.strerror or str(error)
        raise UsageError(f"{CONFIG} {path} cannot be read ({said})") from error
    except ValueError as error:  # no TOML, or no text
        raise UsageError(
            f"{path} is no TOML ({error})", fix='Write lines such as: model = "bm25"'
        ) from error


def _typed(option: click.Option, name: str, value: Any, where: str) -> Iterator[str]:
    """The words that give an option a value of TOML."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise UsageError(f"{where} is {_shown(value)}", fix="Write true or false")
        on = value == (f"--{name}" in option.opts)
        word = (option.opts if on else option.secondary_opts)[-1:]
        yield from word  # a flag without an opposite is off anyway
        return
    pairs = "=" in str(option.metavar) and isinstance(value, Mapping)
    several = _pairs(value, where) if pairs else value
    if isinstance(several, list):
        if not option.multiple:
            raise UsageError(f"{where} holds {len(several)} values", fix="Give one")
    else:
        several = [several]
    for one in several:
        yield f"--{name}={_word(one, where)}"


def _pairs(values: Mapping[str, Any], where: str) -> list[str]:
    found = []
    for key, value in values.items():
        several = value if isinstance(value, list) else [value]
        found += [f"{key}={_word(one, f'{where}.{key}')}" for one in several]
    return found


def _word(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and "\0" in value:
        raise UsageError(f"{where} holds a zero byte", fix="Give a text or a number")
    if isinstance(value, str | int | float):
        return str(value)
    raise UsageError(f"{where} is {_shown(value)}", fix="Give a text or a number")


def _shown(value: Any) -> str:
    return repr(value)[:40]
