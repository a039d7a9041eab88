"""``vlm-score``: the expected level of an image's quality, read off a vision-language model.

Method: Wu et al., "Q-Align: Teaching LMMs for Visual Scoring via Discrete Text-Defined Levels",
ICML 2024: a softmax over the next-token logits of a few level words, times what these are worth.
The question goes through the checkpoint's own chat template, with the image in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.checkpoints import Checkpoint, resolve
from harness.adapters.support.declared import check_files, read_object
from harness.adapters.support.families import known, of_config
from harness.adapters.support.prompt_files import with_prompt
from harness.adapters.support.torch import HUB_OPTIONS, hub_adapter, identify
from harness.errors import UsageError
from harness.registry import Lazy

KIND = "model that writes text about images"
OPTIONS: Mapping[str, Option] = {
    "prompt": Option(str, "q-align", "q-align, q-bench, or a file of your own"),
    **HUB_OPTIONS,
}


def check_writes_about_images(checkpoint: Checkpoint) -> None:
    """Raise :class:`UsageError` for a checkpoint that is no model of images that writes text.

    Read are declarations alone; what they do not tell passes, code of a checkpoint's own too.
    """
    check_files(checkpoint)
    config = read_object(checkpoint, "config.json")
    named = config.get("architectures")
    kind = str(named[0])[:80] if isinstance(named, list) and named else ""
    sees = any("vision" in key or "image" in key or key == "vq_config" for key in config)
    if not kind or config.get("auto_map") or (sees and kind.endswith("ForConditionalGeneration")):
        return
    fit = " or ".join(known(of_config(config)))
    raise UsageError(
        f"{checkpoint.source} holds a {kind}, which is no {KIND}",
        fix=f"Use the adapter {fit}" if fit else "Give a checkpoint such as LLaVA or Qwen-VL",
    )


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    from harness.adapters.vlm_score.prompts import prompt_digest, read_prompt  # pydantic

    read_prompt(options)
    check_writes_about_images(resolve(checkpoint, revision=options["revision"]))
    return with_prompt(identify(checkpoint, options), prompt_digest(options))


ADAPTER = hub_adapter(
    "vlm-score",
    "image quality as a vision-language model says it: the expected value of its level words",
    "score_images",
    identify=_identify,
    load=Lazy("harness.adapters.vlm_score.model:load"),
    options=OPTIONS,
    packages=("torch", "transformers", "jinja2", "PIL"),
    extra="vlm",
)
