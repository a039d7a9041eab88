"""What a model returned in place of numbers, in words, and how to turn it into numbers.

Kinds are known by the names of their types, so that no package is imported to recognise what it
made. What NumPy takes as it is, such as a torch tensor on the processor, is no concern of this.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

MOST_KEYS = 6
"""Keys of a mapping that a message names."""


@dataclass(frozen=True, slots=True)
class Strange:
    """``what`` came, and ``how`` to turn it; ``how`` may be empty."""

    what: str
    how: str


def strange(value: Any) -> Strange | None:
    """What is no array of numbers, nor anything that NumPy makes one of; ``None`` for the rest."""
    if value is None:
        return Strange("None", "Does the function end without a return?")
    if isinstance(value, str | bytes):
        return Strange(f"the text {value[:30]!r}", "Return a number for each item, as float(text)")
    if inspect.iscoroutine(value) or inspect.isasyncgen(value):
        return Strange("a coroutine that nobody waits for", "Write def, not async def")
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, Set):
        return Strange("a set, which has no order", "Return a list, in the order of the items")
    if isinstance(value, Iterator):
        return Strange(f"a {type(value).__name__}", "Return a list: list(...) of it")
    return _masked(value) or _made_elsewhere(value) or _inside(value)


def _masked(value: Any) -> Strange | None:
    """A masked array says of some of its numbers that they are none, and holds others there."""
    if not type(value).__module__.startswith("numpy.ma"):
        return None
    gone = int(value.mask.sum())
    what = f"an array of which {gone} numbers are masked"
    return Strange(what, "Return it with .filled(math.nan)") if gone else None


def _mapping(value: Mapping[Any, Any]) -> Strange:
    keys = ", ".join(str(key) for key in list(value)[:MOST_KEYS])
    what = f"a {type(value).__name__} with {keys or 'nothing'}"
    for key in ("logits", "scores", "embeddings", "sentence_embedding", "pooler_output"):
        if key in value:
            return Strange(what, f"Return its {key}")
    return Strange(what, "Return its numbers as a list, in the order of the items")


def _made_elsewhere(value: Any) -> Strange | None:
    """Tensors that NumPy cannot read where they are, frames, and sparse matrices."""
    package = type(value).__module__.partition(".")[0]
    if package == "torch" and hasattr(value, "detach"):
        device, kind = str(getattr(value, "device", "")), str(getattr(value, "dtype", ""))
        if device != "cpu" or getattr(value, "requires_grad", False) or "bfloat16" in kind:
            own = f"a {kind} tensor on {device}"
            grad = " with a gradient" if getattr(value, "requires_grad", False) else ""
            return Strange(own + grad, "Return it with .detach().float().cpu().numpy()")
        return None
    if package in ("tensorflow", "jax", "jaxlib") and not hasattr(value, "__array__"):
        return Strange(f"a {package} object", "Return numpy.asarray(...) of it")
    if package == "pandas" and hasattr(value, "columns"):
        names = ", ".join(str(name) for name in list(value.columns)[:MOST_KEYS])
        return Strange(f"a DataFrame with {names}", "Return one column: frame[name].to_numpy()")
    if package == "scipy" and hasattr(value, "toarray"):
        return Strange("a sparse matrix", "Return it with .toarray()")
    return None


def _inside(value: Any) -> Strange | None:
    """What is wrong with the first element of a sequence."""
    if not isinstance(value, Sequence) or not len(value):
        return None
    first = value[0]
    kind = f"a {type(value).__name__} of "
    if isinstance(first, Mapping):
        keys = ", ".join(str(key) for key in list(first)[:MOST_KEYS])
        how = "Return one number of each, in order"
        if {"label", "score"} <= set(map(str, first)):
            kind += "a pipeline's "
            how = (
                "A pipeline's score is that of its own label: return that of one label for each "
                "item, or the model's logits"
            )
        return Strange(f"{kind}dicts with {keys}", how)
    if _pipeline_lists(first):
        return Strange(
            f"{kind}lists of dicts with label, score: a pipeline's output with top_k",
            "Return one row of numbers for each item, a column for each label",
        )
    if any(isinstance(one, str | bytes) for one in value):
        return Strange(f"{kind}texts, such as {_first_text(value)[:30]!r}", "Return numbers")
    if any(one is None for one in value):
        places = [place for place, one in enumerate(value) if one is None]
        return Strange(
            f"{kind}numbers with None at {len(places)} of {len(value)} places, first {places[0]}",
            "Return a number for every item",
        )
    found = _made_elsewhere(first)
    if found is not None:
        return Strange(f"{kind[:-4]}, each {found.what}", f"{found.how}, each")
    return None


def _pipeline_lists(first: Any) -> bool:
    return isinstance(first, list) and bool(first) and isinstance(first[0], Mapping)


def _first_text(value: Sequence[Any]) -> str:
    return next(str(one) for one in value if isinstance(one, str | bytes))


def how_to_shape(shape: tuple[int, ...], count: int, *, each: str) -> str:
    """What to do with an array of the wrong shape; ``each`` is ``number`` or ``row``."""
    if not shape and count == 1:
        return "Of one item, too, return a list of one: squeeze() leaves none, .reshape(-1) does"
    if not shape:
        return f"The function is given a list of {count} items: return one {each} for each"
    if each == "number" and len(shape) == 2 and shape[0] == count:
        if shape[1] == 1:
            return "Return it with [:, 0]"
        return f"It has {shape[1]} columns: return one of them, or a difference of two"
    if each == "row" and len(shape) == 1 and shape[0] == count:
        return "That is one number for each item: return a row for each"
    if len(shape) == 2 and shape[1] == count and shape[0] != count:
        return "It lies on its side: return it with .T"
    if shape[0] == count and len(shape) > 2:
        return "It has one axis too many: pool over tokens, or take [:, 0]"
    if shape[0] < count:
        lost = count - shape[0]
        said = f"{lost} item has" if lost == 1 else f"{lost} items have"
        return f"{said} no {each}: return one for each, in order"
    return f"Return one {each} for each item, in order" if shape[0] > count else ""
