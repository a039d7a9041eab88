"""What to change at one door to see whether the other was asked that way: the known causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.options import FREE

DECLARED, OFF, GIVEN, ALWAYS = "declared", "off", "given", "always"
"""When a change says something: where a checkpoint's own setting is in force, where it was switched
off, where a setting was given by hand, or wherever the option has another value."""

SWITCHED_OFF = ("none", "plain")
"""Values that switch off what a checkpoint declares."""

DEFAULTS = ("", "auto")
"""Values that leave it to the checkpoint."""

SWAPPED = "query and document the wrong way round"


@dataclass(frozen=True, slots=True)
class Change:
    """Options to set at one door. ``means`` is what follows for the other, named ``{other}``.

    ``when`` is one of the words above, of the first option.
    """

    options: tuple[tuple[str, str], ...]
    means: str
    when: str = ALWAYS

    @property
    def said(self) -> str:
        """Such as ``template=none``."""
        return ", ".join(f"{name}={value or '(empty)'}" for name, value in self.options)

    def fits(self, values: Mapping[str, Any], resolved: Mapping[str, Any]) -> bool:
        """Whether a door of these options and settings in force can be asked otherwise by it."""
        name, value = self.options[0]
        own = str(values.get(name, ""))
        if self.when == ALWAYS:
            return value not in (own, str(resolved.get(name)))
        if self.when == OFF:
            return own in SWITCHED_OFF
        if self.when == GIVEN:
            return own not in (*DEFAULTS, *SWITCHED_OFF)
        there = [resolved[one] for one, _ in self.options if one in resolved]
        known_absent = bool(there) and all(one in ("", None, "none") for one in there)
        return own in DEFAULTS and not known_absent


PROMPTS = ("query_prompt", "document_prompt")
_PROMPTS_OFF = tuple((name, "none") for name in PROMPTS)
_PROMPTS_OWN = tuple((name, "") for name in PROMPTS)

_CHANGES = (
    Change((("template", "none"),), "the chat template is missing at {other}", DECLARED),
    Change((("template", "plain"),), "the chat template is missing at {other}", DECLARED),
    Change((("template", "auto"),), "{other} uses the chat template, {side} was told not to", OFF),
    Change(_PROMPTS_OFF, "the prompts are missing at {other}", DECLARED),
    Change(_PROMPTS_OFF[:1], "the query's prompt is missing at {other}", DECLARED),
    Change(_PROMPTS_OFF[1:], "the documents' prompt is missing at {other}", DECLARED),
    Change(_PROMPTS_OWN[:1], "{other} is not given the query's prompt that {side} is", GIVEN),
    Change(_PROMPTS_OWN[1:], "{other} is not given the documents' prompt that {side} is", GIVEN),
    Change(_PROMPTS_OWN, "{other} is not given the prompts that {side} is", GIVEN),
    Change(_PROMPTS_OWN, "{other} puts the checkpoint's prompts before texts", OFF),
    Change((("instruction", ""),), "{other} is not given the instruction that {side} is", GIVEN),
    *(
        Change((("prompt", name),), f"{{other}} asks in the prompt {name}")
        for name in ("yes-no", "qwen3-reranker", "bge-gemma", "rankzephyr", "rankgpt")
    ),
    *(
        Change((("pooling", name),), f"{{other}} pools tokens by {name}")
        for name in ("mean", "cls", "lasttoken", "max")
    ),
)
_CUTS = tuple(
    Change((("max_length", str(tokens)),), f"{{other}} cuts texts at {tokens} tokens")
    for tokens in (512, 256, 128, 64)
)


def changes(
    adapter: Adapter, values: Mapping[str, Any], resolved: Mapping[str, Any], *, long_only: bool
) -> Iterator[Change]:
    """Changes that an adapter's options allow, the likeliest first.

    ``values`` are its options, ``resolved`` the settings in force. With ``long_only`` only long
    texts differ, so lengths come first.
    """
    free = FREE in adapter.options
    for change in (*_CUTS, *_CHANGES) if long_only else (*_CHANGES, *_CUTS):
        known = free or all(name in adapter.options for name, _ in change.options)
        if known and change.fits(values, resolved) and not _longer(change, resolved):
            yield change


def _longer(change: Change, resolved: Mapping[str, Any]) -> bool:
    """Whether a change would cut where the model ends anyway."""
    name, value = change.options[0]
    limit = resolved.get(name)
    return name == "max_length" and isinstance(limit, int) and limit <= int(value)
