"""``reward-model``: answers scored by a sequence classifier that reads the checkpoint's own chat.

Prompt and answer are messages of the chat template, and the score is the logit of the head, as
transformers' own forward pass gives it for the one chat alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.reward_model.template import OWN, template_sha256
from harness.adapters.support.attention import ATTENTION
from harness.adapters.support.prompt_files import with_prompt
from harness.adapters.support.torch import HUB_OPTIONS, hub_adapter
from harness.adapters.support.whole import sequence_classifier
from harness.registry import Lazy

FAMILY = sequence_classifier("reward model")

LONG = ("refuse", "cut")

OPTIONS = {
    "template": Option(str, OWN, "auto (the checkpoint's own chat template), or a file of Jinja"),
    "system": Option(str, "", "message of the system before every chat; empty: none"),
    "output": Option(
        str, "", "name or number of the output that is the score, where there are several"
    ),
    "max_length": Option(int, 0, "tokens per chat at most; 0: the model's own limit"),
    "long": Option(str, "refuse", "longer chats: refuse, or cut (their prompt's beginning first)"),
    **ATTENTION,
    **HUB_OPTIONS,
}


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who it is, by its weights and by the file of its template, if that is not its own."""
    digest = template_sha256(options["template"])
    return with_prompt(FAMILY.identify(checkpoint, options), digest, name="template_sha256")


ADAPTER = hub_adapter(
    "reward-model",
    "scores answers with a sequence classifier that reads prompt and answer as a chat",
    "score_pairs",
    identify=identify,
    load=Lazy("harness.adapters.reward_model.model:load"),
    options=OPTIONS,
    packages=("torch", "transformers", "jinja2"),
    extra="llm",
)
