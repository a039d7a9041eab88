"""Options that several commands share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from harness.data.asked import MISSING, MOST_DEPTH, Draws, LoadRequest, Told
from harness.errors import UsageError

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def out_option(default: str = "runs") -> Decorator:
    """``--out DIR``."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=default,
        show_default=True,
        help="Folder to write to.",
    )


def data_option() -> Decorator:
    """``--data DIR``."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, exists=True),
        help="Folder with data sets, or a file for a folder task; "
        "without it, those that can be downloaded are, once.",
    )


def first_stage_option() -> Decorator:
    """``--first-stage bm25|FILE``."""
    return click.option(
        "--first-stage",
        metavar="bm25|FILE",
        help="Where candidates come from: BM25 computed here, or a TREC run file. "
        "Default: the task's own choice.",
    )


def lists_options() -> Decorator:
    """``--depth N`` and ``--missing error|zero|first-stage``."""
    depth = click.option(
        "--depth",
        type=click.IntRange(1, MOST_DEPTH),
        metavar="N",
        help="Candidates kept per query. Default: the task's own number, 100.",
    )
    missing = click.option(
        "--missing",
        type=click.Choice(MISSING),
        default=MISSING[0],
        show_default=True,
        help="What a run says nothing of: an error; zero, not found; or first-stage, candidates "
        "follow the ranked ones in first-stage order.",
    )
    return lambda command: depth(missing(command))


def metric_option() -> Decorator:
    """``--metric NAME``, several times."""
    return click.option(
        "--metric",
        "metrics",
        multiple=True,
        metavar="NAME",
        help="A metric to compute beside the task's own, such as nDCG@1 or TPR@FPR=0.01%; it "
        "never ranks. Several times for several.",
    )


def threshold_options() -> Decorator:
    """``--threshold X`` with ``--strict`` or ``--inclusive``."""
    threshold = click.option(
        "--threshold",
        type=float,
        metavar="X",
        help="A detector's own threshold: the rates of texts flagged at it, by domain too.",
    )
    kind = click.option(
        "--strict/--inclusive",
        "strict",
        default=True,
        help="Whether a score equal to --threshold is let off, or flagged. Default: let off.",
    )
    return lambda command: threshold(kind(command))


def draws_options() -> Decorator:
    """``--seed N`` and ``--replicates N``."""
    seed = click.option(
        "--seed",
        type=click.IntRange(0, 2**32 - 1),
        metavar="N",
        help="Seed of the draws behind intervals, in place of the usual one, which is fixed: what "
        "is submitted has that. A model's own seed is an option of its adapter.",
    )
    replicates = click.option(
        "--replicates",
        type=click.IntRange(100, 100_000),
        metavar="N",
        help="Bootstrap replicates behind intervals that are drawn. Default: 2000.",
    )
    return lambda command: seed(replicates(command))


def on_error_option() -> Decorator:
    """``--on-error error|worst-rank``."""
    return click.option(
        "--on-error",
        type=click.Choice(["error", "worst-rank"]),
        default="error",
        show_default=True,
        help="An item that cannot be scored stops the run, or counts as the worst of its task.",
    )


def told_options() -> Decorator:
    """``--label-map``, ``--opinion``, ``--cluster``, ``--bits``, ``--column``: one ``told``."""
    labels = click.option(
        "--label-map",
        multiple=True,
        metavar="WORD=CLASS",
        help="What a label word of your own texts means, such as fake=machine; once for each.",
    )
    opinion_option = click.option(
        "--opinion",
        type=click.Choice(["higher", "lower"]),
        help="Which opinion scores of your own pictures mean better ones. Default: higher, but "
        "lower in a column called dmos.",
    )
    cluster_option = click.option(
        "--cluster",
        metavar="COLUMN|none",
        help="Column of your own table that names what items share (a source text, a prompt): "
        "intervals resample it. Default: a column that can be nothing else.",
    )
    bits_option = click.option(
        "--bits",
        type=click.IntRange(8, 16),
        metavar="N",
        help="Bits of each value in your grey pictures of 16-bit files. Default: what a file says.",
    )
    columns = click.option(
        "--column",
        multiple=True,
        metavar="ROLE=NAME",
        help="Which column of your own table a role has, such as label=is_fake; once for each.",
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def called(
            *,
            label_map: tuple[str, ...],
            opinion: str | None,
            cluster: str | None,
            bits: int | None,
            column: tuple[str, ...],
            **others: Any,
        ) -> Any:
            told = told_of(label_map, opinion, cluster, bits, column)
            return command(told=told, **others)

        return labels(opinion_option(cluster_option(bits_option(columns(called)))))

    return decorate


def load_options() -> Decorator:
    """How data are loaded: where they lie, their lists, what is told of them: one ``load``."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def called(
            *,
            data: Path | None,
            first_stage: str | None,
            depth: int | None,
            missing: str,
            limit: int | None,
            told: Told,
            on_error: str,
            seed: int | None,
            replicates: int | None,
            **others: Any,
        ) -> Any:
            load = LoadRequest(
                data=data,
                first_stage=first_stage,
                limit=limit,
                on_error=on_error,
                told=told,
                depth=depth,
                missing=missing,
                draws=Draws(replicates, seed),
            )
            return command(load=load, **others)

        made: Callable[..., Any] = called
        for option in (draws_options, on_error_option, told_options, limit_option, lists_options,
                       first_stage_option, data_option):  # fmt: skip
            made = option()(made)
        return made

    return decorate


def told_of(
    label_map: Iterable[str],
    opinion: str | None,
    cluster: str | None,
    bits: int | None = None,
    column: Iterable[str] = (),
) -> Told:
    """What :func:`told_options` were given. Raises :class:`UsageError` for a map without ``=``."""
    pairs = []
    for given in label_map:
        word, found, meaning = given.rpartition("=")
        if not found or not word.strip() or not meaning.strip():
            raise UsageError(f"--label-map {given!r} is not WORD=CLASS")
        pairs.append((word.strip(), meaning.strip()))
    meant: dict[str, str] = {}
    for word, meaning in pairs:
        if meant.setdefault(word.lower(), meaning) != meaning:
            raise UsageError(
                f"--label-map {word}={meaning}: it is told to be {meant[word.lower()]}, too"
            )
    return Told(tuple(pairs), opinion or "", cluster or "", bits or 0, columns_told(column))


def columns_told(given: Iterable[str], option: str = "--column") -> tuple[tuple[str, str], ...]:
    """Pairs of a role and a column from ``ROLE=NAME``. Raises :class:`UsageError` for others."""
    pairs = []
    for one in given:
        role, found, name = one.partition("=")
        if not found or not role.strip() or not name.strip():
            raise UsageError(f"{option} {one!r} is not ROLE=NAME")
        pairs.append((role.strip().lower(), name.strip()))
    told: dict[str, str] = {}
    for role, name in pairs:
        if told.setdefault(role, name) != name:
            raise UsageError(f"{option} {role}={name}: it is told to be {told[role]!r}, too")
    return tuple(pairs)


def limit_option() -> Decorator:
    """``--limit N``."""
    return click.option(
        "--limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="A quick look: only the first N queries, texts, pictures or listed pairs. Of texts "
        "with classes these come by turns, and N more where a task calibrates thresholds. Records "
        "tell how many items that were.",
    )


WORDS = "marginbench.words"


class OnceCommand(click.Command):
    """A command that refuses an option given twice where only one value could count."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; :class:`UsageError` names the first option that stands twice.

        What was typed is kept in the context's ``meta`` under :data:`WORDS`.
        """
        ctx.meta[WORDS] = tuple(args)
        if not ctx.resilient_parsing:  # which is completion in a shell
            given, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for parameter, times in Counter(order).items():
                if times > 1 and _counts_once(parameter):
                    name = max(parameter.opts, key=len)
                    raise UsageError(f"{name} is given {times} times", fix="Give it once")
            _plain_numbers(order, given)
        return super().parse_args(ctx, args)


def _plain_numbers(parameters: Iterable[click.Parameter], given: Mapping[str, Any]) -> None:
    """Python reads digits of every script, and ``1_0`` as 10; nobody types that on purpose."""
    for parameter in parameters:
        if isinstance(parameter.type, click.types.IntParamType | click.types.FloatParamType):
            value = given.get(str(parameter.name))
            for text in value if isinstance(value, list | tuple) else [value]:
                if isinstance(text, str) and not (text.isascii() and "_" not in text):
                    name = max(parameter.opts, key=len)
                    raise UsageError(f"{name} {text!r} is no number", fix="Write digits 0 to 9")


def _counts_once(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not (parameter.multiple or parameter.is_flag)


def refuse_idle(names: Iterable[str], why: str) -> None:
    """Raise :class:`UsageError` when one of some options, which have no effect, was given."""
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(str(parameter.name)) == ParameterSource.COMMANDLINE
        if given and parameter.name in names:
            option = max(parameter.opts, key=len)
            raise UsageError(f"{option} means nothing {why}", fix=f"Leave out {option}")
