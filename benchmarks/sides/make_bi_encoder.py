"""Make the bi-encoder of ``reranking_vs_mteb.py``: 6 layers of 384, random weights from a seed.

Arguments: the folder to write, the maximal length in tokens. The folder is a
sentence-transformers checkpoint with mean pooling and the WordPiece tokenizer of the embedded
model.
"""

from __future__ import annotations

import sys
import tempfile

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from harness.adapters.support.embedded import EMBEDDED, locate


def main() -> None:
    """Write the checkpoint."""
    target, length = sys.argv[1], int(sys.argv[2])
    words = Tokenizer.from_file(str(locate(EMBEDDED["all-minilm-l6-v2-int8"].tokenizer)))
    words.no_truncation()
    words.no_padding()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=length,
    )
    torch.manual_seed(20261123)
    config = BertConfig(
        vocab_size=words.get_vocab_size(),
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
    )
    with tempfile.TemporaryDirectory() as folder:
        BertModel(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        modules = [Transformer(folder, max_seq_length=length), Pooling(384), Normalize()]
        SentenceTransformer(modules=modules, device="cpu").save(target)


if __name__ == "__main__":
    main()
