"""Tiny models of images and texts with seeded random weights, saved as their kinds are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

WORDS = (
    "Good Bad photo . Bright Dark Clean Noisy Colorful Dull Sharp Blurry High Low contrast USER "
    "ASSISTANT : How would you rate the quality of this image ? The is Rate excellent good fair "
    "poor bad sharp"
)
MARKS = ("<pad>", "<unk>", "<s>", "</s>", "<image>")
VOCABULARY = {word: place for place, word in enumerate((*MARKS, *WORDS.split()))}
TEMPLATE = (
    "{% for message in messages %}{{ message['role'].upper() }} : "
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image> {% else %}{{ part['text'] }} {% endif %}"
    "{% endfor %}{% endfor %}{% if add_generation_prompt %}ASSISTANT : {% endif %}"
)


def pictures(*sizes: tuple[int, int], seed: int = 4) -> list[Any]:
    """RGB images of noise, of sizes (width, height)."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    rows = [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for width, height in sizes]
    return [Image.fromarray(one) for one in rows]


def tokenizer(limit: int, *, ends: bool = False) -> Any:
    """A tokenizer of whole words; with ``ends`` it brackets a text, as CLIP's does."""
    import tokenizers
    import transformers

    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(VOCABULARY, unk_token="<unk>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    if ends:
        made.post_processor = tokenizers.processors.BertProcessing(("</s>", 3), ("<s>", 2))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=["<image>"],
        model_max_length=limit,
    )


def image_processor(kind: str = "CLIP", **settings: Any) -> Any:
    """A real image processor, the one that resizes with Pillow."""
    import transformers

    pillow = f"{kind}ImageProcessorPil"  # since transformers 5
    made = getattr(transformers, pillow, None) or getattr(transformers, f"{kind}ImageProcessor")
    return made(**settings)


SMALL = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}


def save_clip(folder: Path, *, limit: int = 12) -> Path:
    """A CLIP of images of 32 x 32 in patches of 8."""
    import torch
    import transformers

    config = transformers.CLIPConfig(
        text_config={
            **SMALL,
            "vocab_size": len(VOCABULARY),
            "max_position_embeddings": limit,
            "pad_token_id": 0,
            "bos_token_id": 2,
            "eos_token_id": 3,
        },
        vision_config={**SMALL, "image_size": 32, "patch_size": 8},
        projection_dim=10,
        logit_scale_init_value=3.1,
    )
    torch.manual_seed(5)
    model = transformers.CLIPModel(config)
    _spread(model)
    return _saved(folder, model, tokenizer(limit, ends=True), image_processor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    ))  # fmt: skip


def save_siglip(folder: Path) -> Path:
    """A SigLIP of the same size, whose texts are 9 tokens, always."""
    import torch
    import transformers

    config = transformers.SiglipConfig(
        text_config={**SMALL, "vocab_size": len(VOCABULARY), "max_position_embeddings": 9},
        vision_config={**SMALL, "image_size": 32, "patch_size": 8},
    )
    torch.manual_seed(6)
    model = transformers.SiglipModel(config)
    _spread(model)
    with torch.no_grad():
        model.logit_scale.fill_(2.3)
        model.logit_bias.fill_(-7.0)
    return _saved(folder, model, tokenizer(9), image_processor(
        "Siglip", size={"height": 32, "width": 32}
    ))  # fmt: skip


def save_llava(folder: Path, *, template: str = TEMPLATE) -> Path:
    """A LLaVA of images of 28 x 28 in patches of 14."""
    import torch
    import transformers

    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(**SMALL, image_size=28, patch_size=14),
        text_config=transformers.LlamaConfig(
            **SMALL, vocab_size=len(VOCABULARY), max_position_embeddings=64
        ),
        image_token_index=VOCABULARY["<image>"],
    )
    torch.manual_seed(7)
    model = transformers.LlavaForConditionalGeneration(config)
    _spread(model)
    processor = transformers.LlavaProcessor(
        image_processor=image_processor(
            size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}
        ),
        tokenizer=tokenizer(64),
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=template or None,
    )
    return _saved(folder, model, processor)


def save_idefics3(folder: Path) -> Path:
    """An Idefics3, which cuts an image into tiles, so that its inputs differ in shape by image."""
    import torch
    import transformers

    marks = ("<fake_token_around_image>", "<global-img>", "<end_of_utterance>")
    rows = [f"<row_{y}_col_{x}>" for y in range(1, 4) for x in range(1, 4)]
    words = tokenizer(512)
    words.add_special_tokens({"additional_special_tokens": ["<image>", *marks, *rows]})
    config = transformers.Idefics3Config(
        vision_config={**SMALL, "image_size": 28, "patch_size": 14},
        text_config={
            **SMALL,
            "model_type": "llama",
            "vocab_size": len(words),
            "max_position_embeddings": 512,
            "pad_token_id": 0,
        },
        scale_factor=2,
        image_token_id=VOCABULARY["<image>"],
    )
    torch.manual_seed(8)
    model = transformers.Idefics3ForConditionalGeneration(config)
    _spread(model)
    processor = transformers.Idefics3Processor(
        image_processor=image_processor(
            "Idefics3", size={"longest_edge": 56}, max_image_size={"longest_edge": 28}
        ),
        tokenizer=words,
        image_seq_len=1,
        chat_template=TEMPLATE,
    )
    return _saved(folder, model, processor)


def _spread(model: Any) -> None:
    """Larger weights than those of a fresh model, whose answers hardly differ by image."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.4)


def _saved(folder: Path, *parts: Any) -> Path:
    for part in parts:
        part.save_pretrained(folder)
    return folder
