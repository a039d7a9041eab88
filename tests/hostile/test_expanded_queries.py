"""Late interaction fills each query up to a length that a file of the checkpoint names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.support.doors.names import MOST_READ, check_names
from harness.errors import UsageError

FILES: list[tuple[str, Any]] = [
    ("artifact.metadata", lambda n: {"query_maxlen": n}),
    ("artifact.metadata", lambda n: {"doc_maxlen": n}),
    ("config_sentence_transformers.json", lambda n: {"query_length": n}),
    ("sentence_bert_config.json", lambda n: {"query_expansion": {"length": n}}),
]


@pytest.mark.parametrize(("name", "made"), FILES)
def test_a_length_beyond_what_any_model_reads(name: str, made: Any, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(json.dumps(made(MOST_READ)))
    check_names(path, trusted=False)
    path.write_text(json.dumps(made(MOST_READ + 1)))
    with pytest.raises(UsageError, match="asks for more than memory holds"):
        check_names(path, trusted=False)
