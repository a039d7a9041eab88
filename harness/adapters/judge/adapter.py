"""``judge``: verdicts on two answers by a language model, here or behind a server.

In which order answers are shown is the task's: ``preference/both-orders`` asks for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.adapters.base import Option
from harness.adapters.language.adapter import Protocol, language_adapter
from harness.errors import UsageError, did_you_mean
from harness.registry import Lazy

PROMPTS = ("verdict", "reasons")
READ = ("answer", "likelihood")

OPTIONS: Mapping[str, Option] = {
    "prompt": Option(str, PROMPTS[0], f"{', '.join(PROMPTS)}, or a file of your own"),
    "read": Option(str, READ[0], "answer (what it writes), or likelihood (of each label)"),
    "answer_tokens": Option(int, 0, "tokens of an answer with its thought; 0: the prompt's own"),
    "thinking": Option(bool, False, "let it think first, where its chat template can be told so"),
}


def check(options: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for options that fit neither each other nor their prompt."""
    from harness.adapters.judge.prompt import judge_prompt

    judge_prompt(options["prompt"])
    if options["read"] not in READ:
        raise UsageError(
            f"unknown read {options['read']!r}", fix=did_you_mean(options["read"], READ)
        )
    if options["answer_tokens"] < 0:
        raise UsageError(
            f"--option answer_tokens={options['answer_tokens']}",
            fix="Give 1 or more, or 0 for the prompt's own",
        )
    if options["thinking"] and options["read"] == "likelihood":
        raise UsageError(
            "a label's likelihood is read where an answer begins, before any thought",
            fix="Leave out --option thinking, or take --option read=answer",
        )


PROTOCOL = Protocol(options=OPTIONS, check=check, presets=Path(__file__).parent / "prompts")

ADAPTER = language_adapter(
    "judge",
    "says which of two answers is better, as a language model writes or finds likelier",
    "judge_texts",
    load=Lazy("harness.adapters.judge.judge:load"),
    protocol=PROTOCOL,
    comparable=True,
)
