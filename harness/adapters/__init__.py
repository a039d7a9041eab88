"""Built-in adapters by name; a module is imported when its name is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.registry import Registry

if TYPE_CHECKING:
    from harness.adapters.base import Adapter

ADAPTERS: dict[str, str] = {
    "bm25": "harness.adapters.bm25:ADAPTER",
    "first-stage": "harness.adapters.first_stage:ADAPTER",
    "onnx-embedder": "harness.adapters.onnx.adapter:ADAPTER",
    "bi-encoder": "harness.adapters.bi_encoder:ADAPTER",
    "cross-encoder": "harness.adapters.cross_encoder:ADAPTER",
    "monot5": "harness.adapters.monot5.adapter:ADAPTER",
    "reward-model": "harness.adapters.reward_model.adapter:ADAPTER",
    "late-interaction": "harness.adapters.late_interaction:ADAPTER",
    "sparse": "harness.adapters.sparse:ADAPTER",
    "e2rank": "harness.adapters.e2rank.adapter:ADAPTER",
    "yes-no": "harness.adapters.language.adapters:YES_NO",
    "query-likelihood": "harness.adapters.language.adapters:QUERY_LIKELIHOOD",
    "answer-likelihood": "harness.adapters.language.adapters:ANSWER_LIKELIHOOD",
    "listwise": "harness.adapters.language.adapters:LISTWISE",
    "first": "harness.adapters.language.adapters:FIRST",
    "setwise": "harness.adapters.language.adapters:SETWISE",
    "pairwise": "harness.adapters.language.adapters:PAIRWISE",
    "rank-r1": "harness.adapters.language.adapters:RANK_R1",
    "judge": "harness.adapters.judge.adapter:ADAPTER",
    "judge-api": "harness.adapters.served.chat.judges:ADAPTER",
    "chat-api": "harness.adapters.served.chat.adapter:ADAPTER",
    "rerank-api": "harness.adapters.served.rerank:ADAPTER",
    "embeddings-api": "harness.adapters.served.embeddings:ADAPTER",
    "text-classifier": "harness.adapters.text_classifier.adapter:ADAPTER",
    "zippy": "harness.adapters.zippy:ADAPTER",
    "lmscan": "harness.adapters.lmscan:ADAPTER",
    "causal-lm": "harness.adapters.causal.adapter:ADAPTER",
    "tfidf": "harness.adapters.tfidf:ADAPTER",
    "brisque": "harness.adapters.brisque.adapter:ADAPTER",
    "piqe": "harness.adapters.piqe.adapter:ADAPTER",
    "niqe": "harness.adapters.niqe.adapter:ADAPTER",
    "laplacian": "harness.adapters.laplacian:ADAPTER",
    "clip-iqa": "harness.adapters.clip_iqa.adapter:ADAPTER",
    "image-text": "harness.adapters.image_text.adapter:ADAPTER",
    "vlm-score": "harness.adapters.vlm_score.adapter:ADAPTER",
    "pyiqa": "harness.adapters.pyiqa_metric:ADAPTER",
    "image-scorer": "harness.adapters.image_scorer:ADAPTER",
    "image-embedder": "harness.adapters.vision.adapter:EMBEDDER",
    "image-classifier": "harness.adapters.vision.adapter:CLASSIFIER",
    "dlib-faces": "harness.adapters.dlib_faces:ADAPTER",
    "pixels": "harness.adapters.pixels:ADAPTER",
    "pca": "harness.adapters.projection:PCA",
    "fisherface": "harness.adapters.projection:FISHERFACE",
    "sklearn": "harness.adapters.sklearn_baseline:ADAPTER",
    "random": "harness.adapters.controls.chance:RANDOM",
    "constant": "harness.adapters.controls.chance:CONSTANT",
    "length": "harness.adapters.controls.length:ADAPTER",
    "oracle": "harness.adapters.controls.oracle:ADAPTER",
    "predictions": "harness.adapters.recorded.labels:ADAPTER",
    "embeddings": "harness.adapters.recorded.embeddings:ADAPTER",
    "python": "harness.adapters.python.adapter:ADAPTER",
}

ALIASES = {"text-embedder": "bi-encoder"}
"""Further names: what is named so is the same model, with the same fingerprint."""


def adapters() -> Registry[Adapter]:
    """The registry of adapters (entry-point group ``marginbench.adapters``)."""
    from harness.adapters.base import Adapter

    return Registry("adapter", ADAPTERS, "marginbench.adapters", Adapter, ALIASES)
