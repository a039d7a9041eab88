"""Built-in adapters by name; a module is imported when its name is asked for."""

ADAPTERS: dict[str, str] = {
    "bm25": "harness.adapters.bm25:ADAPTER",
    "first-stage": "harness.adapters.first_stage:ADAPTER",
    "onnx-embedder": "harness.adapters.onnx_embedder:ADAPTER",
    "bi-encoder": "harness.adapters.bi_encoder:ADAPTER",
    "cross-encoder": "harness.adapters.cross_encoder:ADAPTER",
    "text-classifier": "harness.adapters.text_classifier:ADAPTER",
    "zippy": "harness.adapters.zippy:ADAPTER",
    "lmscan": "harness.adapters.lmscan:ADAPTER",
    "tfidf": "harness.adapters.tfidf:ADAPTER",
    "brisque": "harness.adapters.brisque:ADAPTER",
    "piqe": "harness.adapters.piqe:ADAPTER",
    "laplacian": "harness.adapters.laplacian:ADAPTER",
    "pyiqa": "harness.adapters.pyiqa_metric:ADAPTER",
    "image-scorer": "harness.adapters.image_scorer:ADAPTER",
    "python": "harness.adapters.python_file:ADAPTER",
}
