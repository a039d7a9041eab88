"""``docs/coverage.md`` from the rows that were kept."""

from __future__ import annotations

from collections.abc import Sequence

from coverage_cases.base import FEW, LIMITS, MANY, SPREAD, WIDEST, Row, wilson
from coverage_cases.judging import faults

HEAD = f"""\
# Observed coverage

A 95% interval promises that it contains the true figure in 95 of 100 evaluations. Here is how
often ours did. From a population whose figure is known, samples are drawn again and again; each
is scored as `marginbench score` does it, and its interval contains the known figure or does not.
The share that did is the observed coverage.

## How to run it

```
python benchmarks/coverage.py --short
python benchmarks/coverage.py --repetitions 1000 --processes 2
python benchmarks/coverage.py --only "paired mean" --repetitions 10000
python benchmarks/coverage.py --render
```

`--short` takes about a minute, writes nothing, and fails when a limit is clearly missed. The others
write the rows of what they ran into `benchmarks/results/coverage.jsonl`, and this page from all
rows there; `--render` only writes the page. Every repetition has its own seed, made of the cell's
name and the repetition's number: the same version gives the same rows on any number of processes.
Real values per query are those of public rerankers (`reranker-runs`, in the folder that
`MARGINBENCH_SHARED_DATA` names); without the files, rows made of them stay as they are.

## How to read it

- **n** counts items, **units** what is independent among them: items, clusters, classes or
  references.
- **coverage** is followed by its own 95% interval (Wilson), since it is itself observed in so many
  repetitions. Limits: {LIMITS[MANY]:.2f} from {MANY} units on, {LIMITS[FEW]:.2f} below. A row
  **fails** when that whole interval lies below its limit.
- **rough** is the share of repetitions whose record said that the interval is rough. Where most
  said so, the limits do not apply: the reader was warned. It reads `rough` then.
- **width** is the mean width, beside that of the best reference method. An interval more than
  {WIDEST:g} times as wide fails, if the reference itself covers. Where no method is standard, the
  reference is the *spread*: 3.92 standard deviations of the figure over the repetitions, which is
  as wide as an interval would be that knew them.
- **zero** counts intervals of width 0; there may be none.
- **truth** is the population's figure, which is known. Figures that depend on how many classes
  there are (R@1, TAR, OPIS) are also held to their *own mean* over all repetitions: what is
  checked then is the spread, not the bias.
"""


def render(rows: Sequence[Row]) -> str:
    """The whole page, in the order of the rows."""
    parts = [HEAD, _summary(rows)]
    for situation in dict.fromkeys(row["situation"] for row in rows):
        own = [row for row in rows if row["situation"] == situation]
        parts.append(f"## {situation[0].upper()}{situation[1:]}\n")
        for kinds, table in ((("coverage",), _coverage_table), (("rate", "mean"), _rate_table)):
            found = [row for row in own if row["kind"] in kinds]
            if found:
                parts.append(table(found))
    return "\n".join(parts)


def _summary(rows: Sequence[Row]) -> str:
    judged = [row for row in rows if row["kind"] != "mean"]
    failing = [row for row in judged if faults(row)]
    versions = sorted({row["version"] for row in rows})
    dates = sorted({row["date"] for row in rows})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}" if dates else "never"
    many = sorted(row["repetitions"] for row in rows)
    said = [
        "## At a glance\n",
        f"{len(judged):,} rows, version {', '.join(versions)}, {when}, "
        f"{many[0]:,} to {many[-1]:,} repetitions a row; "
        f"{len(judged) - len(failing):,} hold, {len(failing):,} fail.\n",
    ] if many else ["## At a glance\n", "Nothing was run yet.\n"]  # fmt: skip
    for row in failing:
        said.append(f"- {_where(row)}: {'; '.join(faults(row))}")
    return "\n".join([*said, ""] if failing else said)


def _where(row: Row) -> str:
    return f"{row['situation']}, {row['population']}, n = {row['n']}: {row['metric']}"


def _coverage_table(rows: Sequence[Row]) -> str:
    head = (
        "| figure | population | n | units | repetitions | coverage | missed below, above | width "
        "| reference | zero | rough | |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
    )
    return "\n".join([head, *map(_coverage_line, rows), ""])


def _coverage_line(row: Row) -> str:
    n = row["repetitions"]
    if not n:
        return f"| {row['metric']} | {row['population']} | {row['n']} | {row['units']} | 0 |" + (
            " – |" * 6 + " no interval |"
        )
    covered = _share(row["covered"], n)
    above, below = row["missed_low"] / n, row["missed_high"] / n
    figure = row["metric"] + (" (own mean)" if row["truth"] == "own mean" else "")
    cells = [figure, row["population"], f"{row['n']:,}", f"{row['units']:,}", f"{n:,}", covered,
             f"{below:.3f}, {above:.3f}", f"{row['width']:.4f}", _reference(row),
             str(row["zero_width"]), f"{row['rough']:.2f}", _word(row)]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _reference(row: Row) -> str:
    if not row["reference_width"]:
        return "–"
    said = f"{row['reference_width']:.4f} {row['reference']}"
    if row["reference"] == SPREAD:
        return said
    return f"{said} ({row['reference_covered'] / row['reference_repetitions']:.3f})"


def _word(row: Row) -> str:
    found = faults(row)
    if found:
        return f"**fails: {'; '.join(found)}**"
    return "rough" if row.get("rough", 0) > 0.5 else "holds"


def _rate_table(rows: Sequence[Row]) -> str:
    head = (
        "| what | setting | n | repetitions | observed | limit | |\n|---|---|---|---|---|---|---|"
    )
    return "\n".join([head, *map(_rate_line, rows), ""])


def _rate_line(row: Row) -> str:
    n = row["repetitions"]
    start = f"| {row['metric']} | {row['population']} | {row['n']:,} | {n:,} |"
    if row["kind"] == "mean" or not n:
        return f"{start} {row['happened'] / n if n else 0:.3g} | | |"
    limit = f"{row['side']} {row['limit']:g}"
    return f"{start} {_share(row['happened'], n)} | {limit} | {_word(row)} |"


def _share(hits: float, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{hits / n:.3f} [{low:.3f}, {high:.3f}]"
