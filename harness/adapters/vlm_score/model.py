"""A vision-language model that says how good an image is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any

from harness.adapters.language.chat import one_token_each, tokens_alone
from harness.adapters.support.checkpoints import resolve
from harness.adapters.support.doors.check import check_doors
from harness.adapters.support.doors.weights import safetensors_alone
from harness.adapters.support.hf_images import (
    declared_settings,
    processor_arguments,
    processor_settings,
)
from harness.adapters.support.image_bounds import check_processor
from harness.adapters.support.left_out import check_read
from harness.adapters.support.one_way import cut_one_way
from harness.adapters.support.planned import check_planned
from harness.adapters.support.templates import written
from harness.adapters.support.torch import (
    check_device,
    check_whole,
    dtype_argument,
    opening,
    quietly,
    torch_dtype,
)
from harness.adapters.vlm_score.adapter import KIND, check_writes_about_images
from harness.adapters.vlm_score.prompts import LevelPrompt, read_prompt
from harness.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from harness.strict_json import Json


class Question:
    """A prompt in a checkpoint's own words: its text, and the tokens that the levels are.

    Raises :class:`UsageError` for a processor without chat template, one whose template does not
    take the prompt, and levels that are not one token each where the answer goes on.
    """

    def __init__(self, processor: Any, prompt: LevelPrompt) -> None:
        self.text = _written(processor, prompt)
        # A template may have written the first token itself.
        first = getattr(processor.tokenizer, "bos_token", None)
        self.special = not (first and self.text.startswith(first))
        self.levels = one_token_each(
            prompt.levels,
            [self._behind(processor.tokenizer, prompt.gap + level) for level in prompt.levels],
        )
        self.values = prompt.values

    def _behind(self, tokenizer: Any, word: str) -> list[int]:
        before = tokens_alone(tokenizer, self.text, special=self.special)
        after = tokens_alone(tokenizer, self.text + word, special=self.special)
        return after[len(before) :] if after[: len(before)] == before else []


def _written(processor: Any, prompt: LevelPrompt) -> str:
    """The text that the model reads, up to where the level stands."""
    from jinja2 import TemplateError

    try:
        made = _applied(processor, prompt, image=True)
        blind = _applied(processor, prompt, image=False)
    except (TemplateError, ValueError, TypeError, KeyError) as error:
        if not getattr(processor, "chat_template", None):
            raise UsageError(
                "the checkpoint has no chat template, so the model cannot be asked",
                fix="Save one beside it (chat_template.jinja)",
            ) from error
        raise UsageError(
            f"the checkpoint's chat template does not take this prompt: {str(error)[:200]}",
            fix="Give a prompt with other messages: --option prompt=FILE.toml",
        ) from error
    if made == blind:
        raise UsageError(
            "the checkpoint's chat template leaves the image out",
            fix="Save the template of a model that sees beside it (chat_template.jinja)",
        )
    return made


def _applied(processor: Any, prompt: LevelPrompt, *, image: bool) -> str:
    messages: list[dict[str, Any]] = [
        {
            "role": message.role,
            "content": [part for part in message.content() if image or part["type"] != "image"],
        }
        for message in prompt.message
    ]
    if prompt.start:
        start = {"type": "text", "text": prompt.start}
        messages.append({"role": "assistant", "content": [start]})
    ends = {"continue_final_message": True} if prompt.start else {"add_generation_prompt": True}
    return written(
        lambda: processor.apply_chat_template(messages, tokenize=False, **ends),
        processor.chat_template,
    )


class VlmScorer:
    """Scores images; higher is better. ``resolved`` holds the settings in force."""

    def __init__(
        self, model: Any, processor: Any, question: Question, *, device: str, dtype: str
    ) -> None:
        self._model = model.to(device).eval()
        self._processor = processor
        self._question = question
        self._device = device
        self._dtype = torch_dtype(dtype)
        takes = signature(model.forward).parameters
        self._last: dict[str, Any] = {"logits_to_keep": 1} if "logits_to_keep" in takes else {}
        self.resolved: Mapping[str, Json] = {
            "asked": question.text,
            "level_tokens": list(question.levels),
            "level_values": list(question.values),
            **processor_settings(processor.image_processor),
        }

    def score_images(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """The expected value of the levels; float64, from float32 logits.

        Images whose inputs have one shape share a batch, and nothing is padded: a score is that of
        the image alone.
        """
        import numpy as np

        groups: dict[tuple[Any, ...], list[tuple[int, Any]]] = {}
        for place, image in enumerate(images):
            made = self._prepared(image)
            shape = tuple((name, tuple(one.shape)) for name, one in sorted(made.items()))
            groups.setdefault(shape, []).append((place, made))
        logits = np.empty((len(images), len(self._question.levels)))
        for group in groups.values():
            logits[[place for place, _ in group]] = self._logits([made for _, made in group])
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        found: NDArray[np.float64] = likely @ np.array(self._question.values) / likely.sum(axis=1)
        return found

    def _prepared(self, image: Image) -> dict[str, Any]:
        import torch

        made = self._processor(
            images=[image],
            text=[self._question.text],
            return_tensors="pt",
            add_special_tokens=self._question.special,
        )
        return {name: one for name, one in made.items() if isinstance(one, torch.Tensor)}

    def _logits(self, rows: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        import numpy as np
        import torch

        together = {}
        for name in rows[0]:
            whole = torch.cat([row[name] for row in rows])
            kind = self._dtype if whole.is_floating_point() else whole.dtype
            together[name] = whole.to(self._device, kind)
        flags = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        with torch.inference_mode(), flags, quietly():
            found = self._model(**together, use_cache=False, **self._last).logits[:, -1]
        chosen: NDArray[np.float64] = found[:, self._question.levels].float().cpu().numpy()
        return chosen.astype(np.float64)


def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> VlmScorer:
    """The processor and the question first; weights where these hold."""
    prompt = read_prompt(options)
    check_device(device)
    found = resolve(checkpoint, revision=options["revision"])
    check_writes_about_images(found)
    trusted = options["trust_remote_code"]
    check_doors(found, options)
    from transformers import AutoModelForImageTextToText, AutoProcessor

    shared = {"revision": found.revision, "trust_remote_code": trusted}
    how = {**safetensors_alone(options), **dtype_argument(dtype)}
    with opening(found, options):
        processor = AutoProcessor.from_pretrained(found.source, **shared, **processor_arguments())
    cut_one_way(getattr(processor, "tokenizer", None))
    if not hasattr(processor, "image_processor"):
        raise UsageError(
            f"{found.source} has no image processor, so it cannot be shown an image",
            fix="Save it there: AutoProcessor.from_pretrained(BASE).save_pretrained(FOLDER)",
        )
    shown = processor.image_processor
    check_processor(found.source, shown, declared_settings(shown))
    question = Question(processor, prompt)
    with opening(found, options):
        check_planned(found, options)
        model, report = AutoModelForImageTextToText.from_pretrained(
            found.source, output_loading_info=True, **shared, **how
        )
    check_whole(found, report["missing_keys"], kind=KIND, fix="Give a checkpoint that is whole")
    check_read(found.source, report["unexpected_keys"], model)
    return VlmScorer(model, processor, question, device=device, dtype=dtype)
