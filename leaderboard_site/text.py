"""Numbers, names and links as a reader sees them. Everything from a record is hostile text."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from harness.records.amounts import duration as duration
from harness.records.amounts import rate as rate

DASH = "–"
MINUS = "−"
_METRIC = re.compile(
    r"(?P<base>[^(@\[]+)(?:\((?P<parameters>[^()]*)\))?(?P<cut>@[^\s\[]+)?(?:\[(?P<at>[^\[\]]*)\])?"
)
LONGEST_METRIC = 40
_SAFE_ID = re.compile(r"[a-z0-9-]{1,40}(?:/[a-z0-9-]{1,40}){0,5}")
_DEVICES = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]")
_LONGEST_URL = 300
LONGEST_UNIT = 24
_LONGEST_DECIMALS = 4
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?", re.IGNORECASE)


def points(value: float, *, decimals: int = 1) -> str:
    """A fraction as percentage points: 0.4037 is ``40.4``."""
    text = f"{value * 100:.{decimals}f}"
    return _minus(text) if text[0] == "-" else text


def quantity(value: float, unit: str = "", *, decimals: int = 1) -> str:
    """A fraction as points; a value with a unit of its own as it is, with three digits."""
    if not unit:
        return points(value, decimals=decimals)
    return _minus(f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}")


def bounds(interval: tuple[float, float], unit: str = "", *, decimals: int = 1) -> str:
    """An interval as :func:`quantity` shows values: ``[36.9, 44.1]``."""
    low, high = interval  # asked for every row: a generator takes half as long again
    shown = quantity(low, unit, decimals=decimals), quantity(high, unit, decimals=decimals)
    return f"[{shown[0]}, {shown[1]}]"


def signed(value: float, unit: str = "", *, decimals: int = 1) -> str:
    """A difference of quantities with its sign; what is shown as zero has none."""
    text = quantity(value, unit, decimals=decimals)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def signed_bounds(interval: tuple[float, float], unit: str = "", *, decimals: int = 1) -> str:
    """An interval of a difference: ``[+0.4, +5.9]``."""
    low, high = (signed(end, unit, decimals=decimals) for end in interval)
    return f"[{low}, {high}]"


def better_end(higher_is_better: bool | None) -> str:
    """``higher``, ``lower`` or ``neither``."""
    return "neither" if higher_is_better is None else "higher" if higher_is_better else "lower"


def in_units(unit: str) -> str:
    """``in points``, or ``in ms``: what the numbers of a caption are."""
    return f"in {clip(unit, most=LONGEST_UNIT) or 'points'}"


def decimals_for(values: Sequence[float]) -> int:
    """Decimals (1 to 4) with which no value of points other than zero is shown as zero.

    A bound of 0.02 points shown as ``+0.0`` would hide why a verdict is "better".
    """
    for decimals in range(1, _LONGEST_DECIMALS):
        if all(value == 0 or round(value * 100, decimals) != 0 for value in values):
            return decimals
    return _LONGEST_DECIMALS


def count(value: int) -> str:
    """A whole number with thin thousands separators: ``48,600``."""
    return f"{value:,}"


def about(number: int) -> str:
    """A number that is an estimate, as far as it is worth: 28,974 is ``30,000``, 1,240 ``1,200``.

    One digit, and a second one after a 1, where the first alone would be off by up to a third.
    """
    step = 10 ** max(0, len(str(number)) - (2 if str(number)[0] == "1" else 1))
    return count(round(number / step) * step)


def plural(number: int, noun: str) -> str:
    """``1 query``, ``2 queries``, ``3 systems``."""
    if number == 1:
        return f"1 {noun}"
    many = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count(number)} {many}"


def listing(words: Sequence[str], *, most: int = 3) -> str:
    """``a``, ``a and b``, ``a, b, c and 4 more``."""
    shown = list(words[:most])
    rest = len(words) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def suite_title(name: str) -> str:
    """``two-words`` as ``Two words``."""
    return clip(name).replace("-", " ").capitalize()


def sentence(text: str, *, stop: str = "") -> str:
    """Text with a capital first letter, ending in ``stop`` unless it ends a sentence already."""
    capital = text[:1].upper() + text[1:]
    return capital if capital.endswith((".", "!", "?")) else capital + stop


def size(number: int) -> str:
    """Bytes in binary units: ``512 MiB``, ``1.4 GiB``."""
    if number < 1024**2:
        return f"{number / 1024:.0f} KiB"
    if number < 1024**3:
        return f"{number / 1024**2:.0f} MiB"
    return f"{number / 1024**3:.1f} GiB"


def percent(fraction: float) -> str:
    """A level such as 0.95 as ``95 %``, with a space that does not break."""
    return f"{fraction * 100:g}\N{NO-BREAK SPACE}%"


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric's name in two lines, for a narrow column: ``nDCG@10`` over ``judged only``."""

    full: str
    main: str
    parameters: str


def metric_name(name: str) -> MetricName:
    """The main part of ``nDCG(judged_only=True)@10`` or ``TPR@FPR=5%[pooled]``, and the rest."""
    match = _METRIC.fullmatch(name)
    if match is None:
        return MetricName(full=name, main=clip(name, most=LONGEST_METRIC), parameters="")
    given = ", ".join(filter(None, [match["parameters"], match["at"]]))
    parameters = given.replace("=True", "").replace("_", " ").replace(",", ", ").replace("  ", " ")
    return MetricName(
        full=name,
        main=clip(match["base"] + (match["cut"] or ""), most=LONGEST_METRIC),
        parameters=clip(parameters, most=LONGEST_METRIC),
    )


def parts(name: str) -> list[str]:
    """A name of a metric or a task, cut where a narrow column may break it: ``[worst_``."""
    return re.split(r"(?=[(\[])|(?<=[_,/])", name)


def value_text(value: Any) -> str:
    """An option or parameter as text: strings as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def pairs(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """A mapping as sorted (key, text) pairs."""
    return tuple((key, value_text(values[key])) for key in sorted(values))


def file_stem(identifier: str) -> str:
    """A file name for an id that may be hostile; different ids give different names.

    A well-formed id (lower-case letters, digits, hyphens, slashes) keeps its look with dots for
    slashes; any other is reduced to safe letters and gets a digest.
    """
    if _SAFE_ID.fullmatch(identifier) and not _DEVICES.fullmatch(identifier.partition("/")[0]):
        return identifier.replace("/", ".")
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    safe = re.sub(r"[^a-z0-9]+", "-", identifier.lower())[:40].strip("-")
    return f"{safe or 'task'}_{digest}"


def clip(text: str, *, most: int = 80) -> str:
    """:func:`visible` text of ``most`` characters, with an ellipsis where something was cut."""
    if len(text) <= most and text.isprintable():  # nearly all, and asked for every cell there is
        return text
    seen = visible(text[: most + 1])
    return seen if len(seen) <= most else seen[: most - 1].rstrip() + "…"


def visible(text: str) -> str:
    """Text in which control, direction and zero-width characters are shown, not obeyed."""
    if text.isprintable():
        return text
    hidden: dict[str, str | int | None] = {
        one: _shown(one) for one in set(text) if not one.isprintable()
    }
    return text.translate(str.maketrans(hidden))


def _shown(character: str) -> str:
    kind = unicodedata.category(character)
    if character in "\n\t" or kind not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character
    return f"⟨U+{ord(character):04X}⟩"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, with a target where it is an acceptable link."""

    text: str
    href: str | None = None


def linked(text: str) -> tuple[Piece, ...]:
    """Cut text at white space and mark the words that are https addresses."""
    found: list[Piece] = []
    for word in re.split(r"(\s+)", text):
        if not is_https(word.rstrip(".,;)}")):
            found.append(Piece(word))
            continue
        address = word.rstrip(".,;)}")
        found += [Piece(address, address), Piece(word[len(address) :])]
    return tuple(piece for piece in found if piece.text)


def is_https(address: str) -> bool:
    """True for an https address with a plain host and no user name, of a sane length."""
    if not address.startswith("https://") or len(address) > _LONGEST_URL:
        return False
    if not address.isascii() or not address.isprintable() or set(address) & set(" \"'<>\\`"):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    # A number is a machine of whoever reads the page, such as their router.
    name = (parts.hostname or "").rstrip(".").rpartition(".")[2]
    return _HOST.fullmatch(parts.netloc) is not None and not name.isdigit()


def _minus(text: str) -> str:
    if text.startswith("-"):
        text = MINUS + text[1:]
        if not text.strip("−0."):
            return text[1:]
    return text
