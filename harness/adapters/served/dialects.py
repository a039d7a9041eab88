"""Servers that rerank, as data: what each is sent, and where its answer has what.

Sources: text-embeddings-inference 1.9.3, docs/openapi.json and router/src/http/server.rs; vLLM,
entrypoints/pooling/scoring/protocol.py; Infinity 0.0.77, fastapi_schemas/pymodels.py; the reference
pages of Cohere (v2), Jina and Voyage; llama.cpp, tools/server (``format_response_rerank``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.adapters.served.identity import Listing, Page
from harness.strict_json import Json

TEI_INFO = Page("/info", {name: (name,) for name in (
    "model_id", "model_sha", "model_dtype", "max_input_length", "auto_truncate", "version", "sha",
    "max_client_batch_size",
)})  # fmt: skip
VLLM_VERSION = Page("/version", {"version": ("version",)})
OPENAPI = Page("/openapi.json", {"version": ("info", "version")})
COUNTS_LETTERS = "infinity"
"""Owner of models on servers whose usage counts letters and calls them tokens (seen in 0.0.78)."""


RAW = "raw, as asked for"
SQUASHED = "0 to 1, as the server gives no raw ones"
GIVEN = "as the server gives them, which has no other"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of server.

    ``page`` below ``version`` is asked; ``query`` and ``documents`` are its fields, ``fixed`` what
    else is sent, ``cut`` what makes it cut a text that is too long (and ``whole`` what makes it
    refuse one). ``rows`` leads to the rows of an answer, in which ``index`` and ``score`` stand;
    ``tokens``, ``units`` and ``token_header`` are what it counts. ``scores`` says of what kind its
    scores are. ``names`` says that the model has to be named, ``owner`` and ``hosts`` what tells
    that a server is one of these.
    """

    name: str
    what: str
    page: str
    version: str
    documents: str = "documents"
    query: str = "query"
    fixed: Mapping[str, Json] = field(default_factory=dict)
    cut: Mapping[str, Json] = field(default_factory=dict)
    whole: Mapping[str, Json] = field(default_factory=dict)
    rows: Sequence[str] = ("results",)
    index: str = "index"
    score: str = "relevance_score"
    tokens: Sequence[Sequence[str]] = (("usage", "prompt_tokens"), ("usage", "total_tokens"))
    units: Sequence[str] = ()
    token_header: str = ""
    scores: str = SQUASHED
    names: bool = True
    most: int = 0
    pages: Sequence[Page] = ()
    listing: Listing | None = None
    hosts: Sequence[str] = ()
    owner: str = ""


DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (
    Dialect(
        "tei", "text-embeddings-inference", "rerank", "", documents="texts",
        fixed={"raw_scores": True, "return_text": False},
        cut={"truncate": True, "truncation_direction": "Right"}, whole={"truncate": False},
        rows=(), score="score", tokens=(), token_header="x-compute-tokens", scores=RAW, names=False,
        most=32, pages=(TEI_INFO,),
    ),
    Dialect(
        "infinity", "Infinity", "rerank", "", scores=RAW, pages=(OPENAPI,),
        fixed={"raw_scores": True, "return_documents": False},
        listing=Listing("/models", ("id", "owned_by", "backend")), owner=COUNTS_LETTERS, tokens=(),
    ),
    Dialect(
        "vllm", "vLLM, /rerank", "rerank", "v1", scores=RAW,
        fixed={"use_activation": False}, cut={"truncate_prompt_tokens": -1},
        pages=(VLLM_VERSION,), listing=Listing("/v1/models"), owner="vllm",
    ),
    Dialect(
        "vllm-score", "vLLM, /score", "score", "", query="text_1", documents="text_2", scores=RAW,
        fixed={"use_activation": False}, cut={"truncate_prompt_tokens": -1},
        rows=("data",), score="score", pages=(VLLM_VERSION,), listing=Listing("/v1/models"),
    ),
    Dialect(
        "llama-cpp", "llama.cpp", "rerank", "v1", scores=GIVEN, owner="llamacpp",
        listing=Listing("/v1/models", ("id", "owned_by", "meta.n_params", "meta.size")),
    ),
    Dialect(
        "cohere", "Cohere, version 2", "rerank", "v2", most=1000,
        tokens=(("meta", "tokens", "input_tokens"),),
        units=("meta", "billed_units", "search_units"),
        hosts=("api.cohere.com", "api.cohere.ai"),
    ),
    Dialect(
        "jina", "Jina", "rerank", "v1", fixed={"return_documents": False},
        tokens=(("usage", "total_tokens"),), hosts=("api.jina.ai",),
    ),
    Dialect(
        "voyage", "Voyage", "rerank", "v1", fixed={"return_documents": False},
        cut={"truncation": True}, whole={"truncation": False}, rows=("data",), most=1000,
        tokens=(("usage", "total_tokens"),), hosts=("api.voyageai.com",),
    ),
)}  # fmt: skip
"""By name, as ``--option dialect=`` has it."""
