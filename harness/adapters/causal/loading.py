"""From options to a ``causal-lm``: what fits together, who it is, and its loading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.adapters.base import ModelIdentity
from harness.adapters.causal.detector import CausalDetector
from harness.adapters.causal.methods import SECOND, Method, method_named
from harness.adapters.causal.windows import cutting
from harness.adapters.language.loading import Source, find, tokenizer_of, weights_of
from harness.adapters.language.loading import identify as identify_one
from harness.adapters.language.network import Network
from harness.adapters.language.speaker import token_limit
from harness.adapters.support.declared import check_family
from harness.adapters.support.torch import check_device
from harness.errors import UsageError, did_you_mean, first_ids
from harness.fingerprint import digest
from harness.strict_json import Json

LONG = ("windows", "truncate")
FRONTS = ("auto", "yes", "no")
KIND = "causal language model"


def checked(options: Mapping[str, Any]) -> Method:
    """The method of these options. Raises :class:`UsageError` for options that do not fit."""
    method = method_named(options["method"])
    for name, known in (("long", LONG), ("bos", FRONTS)):
        if options[name] not in known:
            raise UsageError(
                f"unknown {name} {options[name]!r}", fix=did_you_mean(options[name], known)
            )
    if options["stride"] < 0:
        raise UsageError(f"stride {options['stride']} is no number of tokens")
    if options["stride"] and options["long"] != "windows":
        raise UsageError("stride is for windows", fix="Leave out --option long=truncate")
    for option, owner in SECOND.items():
        if options[option] and option != method.second:
            raise UsageError(
                f"{option} is read by method={owner} alone, not by {options['method']}",
                fix=f"Leave out --option {option}, or add --option method={owner}",
            )
    if method.required and not options[method.second]:
        raise UsageError(
            f"method={options['method']} compares two models of one vocabulary, and one is named",
            fix=f"Name the other one: --option {method.second}=NAME_OR_PATH",
        )
    return method


def _second(method: Method, checkpoint: str, options: Mapping[str, Any]) -> str:
    """The checkpoint of a second model; empty where there is none or it is the first one."""
    named = str(options[method.second]) if method.second else ""
    return "" if named == checkpoint else named


def _options_of_second(options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "revision": ""}  # which is the first one's


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who it is: the weights of one model or two, its method, and which way its scores run."""
    method = checked(options)
    first = identify_one(checkpoint, options)
    found = {first.name: first.digest}
    details: dict[str, Json] = {**first.details}
    whole = first.digest
    named = _second(method, checkpoint, options)
    if named:
        other = identify_one(named, _options_of_second(options))
        whole = digest([first.digest, other.digest])
        found[other.name] = other.digest
        details[method.second] = {"name": other.name, "revision": other.revision}
    return replace(
        first,
        name=f"{first.name}-{options['method']}",
        digest=whole,
        details={**details, "language_models": dict(found)},
        direction=method.direction,
    )


def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> CausalDetector:
    """Load one model or two. What can be wrong without weights is found before they are loaded."""
    method = checked(options)
    check_device(device)
    source = _source(checkpoint, options)
    tokenizer = tokenizer_of(source, options)
    front = _front(tokenizer, options["bos"])
    named = _second(method, checkpoint, options)
    second = None
    if named:
        others = _options_of_second(options)
        second = _source(named, others)
        _same_vocabulary(tokenizer, tokenizer_of(second, others), checkpoint, named)
    model = weights_of(source, options, dtype=dtype)
    models = [model]
    if second is not None:
        models.append(weights_of(second, _options_of_second(options), dtype=dtype))
    limits = [token_limit(one, tokenizer, options["max_length"]) for one in models]
    limit = min((one for one in limits if one is not None), default=None)
    cut = cutting(front, limit, long=options["long"], stride=options["stride"])
    pad = tokenizer.pad_token_id or 0
    networks = [Network(one, device=device, pad=int(pad), ends=frozenset()) for one in models]
    return CausalDetector(
        networks[0],
        tokenizer,
        method,
        cut,
        widths=[_width(one, tokenizer) for one in models],
        second=networks[1] if named else None,
        resolved={
            "method": options["method"],
            "score": method.words,
            "max_length": limit,
            "long": options["long"],
            "stride": cut.stride if limit and options["long"] == "windows" else None,
            "in_front": tokenizer.convert_ids_to_tokens(list(front)),
        },
    )


def _source(checkpoint: str, options: Mapping[str, Any]) -> Source:
    """Where a checkpoint lies; of one on the hub its configuration is looked at, too."""
    source = find(checkpoint, options)
    if source.checkpoint.path is None:
        check_family(
            source.checkpoint, "ForCausalLM", "LMHeadModel", "ForConditionalGeneration", kind=KIND
        )
    return source


def _front(tokenizer: Any, bos: str) -> tuple[int, ...]:
    """What stands before every text: the tokens that the tokenizer puts there, if so wanted.

    Raises :class:`UsageError` where a first token is asked for and it has none.
    """
    if bos == "no":
        return ()
    told = tokenizer("a", return_special_tokens_mask=True, verbose=False)
    ids: Sequence[int] = told["input_ids"]
    mask = told["special_tokens_mask"]
    ahead = next((at for at, special in enumerate(mask) if not special), 0)
    if ahead or bos == "auto":
        return tuple(ids[:ahead])
    if tokenizer.bos_token_id is None:
        raise UsageError(
            "the tokenizer has no token that begins a text", fix="Leave out --option bos=yes"
        )
    return (int(tokenizer.bos_token_id),)


def _same_vocabulary(first: Any, second: Any, name: str, other: str) -> None:
    """Raise :class:`UsageError` unless every token is the same number to both tokenizers.

    One may know further tokens behind those of the other, as GPT-J does behind GPT-Neo's.
    """
    ours, theirs = first.get_vocab(), second.get_vocab()
    numbers = set(ours.values()) & set(theirs.values())
    apart = sorted(
        {
            token
            for token, number in ours.items() ^ theirs.items()
            if number in numbers or (token in ours and token in theirs)
        }
    )
    if apart:
        raise UsageError(
            f"{name} and {other} have different vocabularies: {len(apart):,} tokens are not the "
            f"same number to both, such as {first_ids(apart, most=2)}",
            fix="Name two models of one family, such as a base model and its instruct version",
        )


def _width(model: Any, tokenizer: Any) -> int:
    head = model.get_output_embeddings()
    weight = getattr(head, "weight", None)
    return len(tokenizer) if weight is None else int(weight.shape[0])
