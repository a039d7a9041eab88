"""What models made with torch, transformers and pandas return, as ``check-adapter`` takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import run

SOURCE = """
import torch


def score_texts(texts):
    found = torch.tensor([[float(len(text))] for text in texts])
    return {returned}
"""

FINE = ("found[:, 0]", "found.flatten().half()", "list(found[:, 0])", "found[:, 0].double()")
WRONG = (
    ("found[:, 0].bfloat16()",
     "but a torch.bfloat16 tensor on cpu. Return it with .detach().float().cpu().numpy()"),
    ("found[:, 0].requires_grad_()",
     "but a torch.float32 tensor on cpu with a gradient. Return it with .detach()"),
    ("found[:, 0].to('meta')", "but a torch.float32 tensor on meta. Return it with .detach()"),
    ("[one.requires_grad_() for one in found[:, 0]]",
     "but a list, each a torch.float32 tensor on cpu with a gradient"),
    ("found", "returned shape (10, 1) for 10 items; it must be (10,). Return it with [:, 0]"),
    ("(row for row in found[:, 0])", "but a generator"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _torch() -> None:
    pytest.importorskip("torch")


def checked(tmp_path: Path, returned: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    path = tmp_path / "model.py"
    path.write_text(SOURCE.format(returned=returned))
    code = run(["check-adapter", str(path)])
    return code, capsys.readouterr().out


@pytest.mark.parametrize("returned", FINE)
def test_tensors_that_numpy_reads_are_taken(
    tmp_path: Path, returned: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = checked(tmp_path, returned, capsys)
    assert code == 0, out


@pytest.mark.parametrize(("returned", "said"), WRONG, ids=[one for one, _ in WRONG])
def test_tensors_that_numpy_does_not_read_are_told_how_to(
    tmp_path: Path, returned: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = checked(tmp_path, returned, capsys)
    assert code == 1
    assert said in out


def test_the_output_of_a_model_of_transformers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("transformers")
    made = "__import__('transformers').modeling_outputs.SequenceClassifierOutput(logits=found)"
    code, out = checked(tmp_path, made, capsys)
    assert code == 1
    assert "but a SequenceClassifierOutput with logits. Return its logits" in out


def test_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pandas")
    made = "__import__('pandas').DataFrame({'score': [1.0 * len(text) for text in texts]})"
    code, out = checked(tmp_path, made, capsys)
    assert code == 1
    assert "but a DataFrame with score. Return one column: frame[name].to_numpy()" in out
    code, out = checked(tmp_path, made + "['score']", capsys)
    assert code == 0, out
