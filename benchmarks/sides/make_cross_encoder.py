"""Make the cross-encoder of ``cross_encoder.py``: 6 layers of 384, random weights from a seed.

Arguments: the folder to write, the maximal length in tokens. It has the shape of
``ms-marco-MiniLM-L6-v2`` and the WordPiece tokenizer of the embedded model, which is the same one.
"""

from __future__ import annotations

import sys

import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from harness.adapters.support.embedded import EMBEDDED, locate

SEED = 20261130
WIDE = 0.05
"""Larger than where training starts from, so that logits are as far apart as trained ones."""


def main() -> None:
    """Write the checkpoint."""
    target, length = sys.argv[1], int(sys.argv[2])
    words = Tokenizer.from_file(str(locate(EMBEDDED["all-minilm-l6-v2-int8"].tokenizer)))
    words.no_truncation()
    words.no_padding()
    PreTrainedTokenizerFast(
        tokenizer_object=words,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=length,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(target)
    torch.manual_seed(SEED)
    config = BertConfig(
        vocab_size=words.get_vocab_size(),
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        num_labels=1,
        initializer_range=WIDE,
    )
    BertForSequenceClassification(config).save_pretrained(target)


if __name__ == "__main__":
    main()
