"""Models in memory: who they are, when answers are used again, what the record says of them."""

from __future__ import annotations

import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import marginbench as mb
from harness.submission.pack import About, pack
from tests.face.conftest import TASK, Commas


def evaluate(model: Any, texts: Path, **more: Any) -> mb.Run:
    return mb.evaluate(model, "detection/folder", data=texts, quiet=True, **more)[0]


def test_an_object_gives_the_figures_of_the_same_code_in_a_file(texts: Path) -> None:
    file = texts.with_name("commas.py")
    file.write_text(
        "def score_texts(texts):\n"
        "    return [text.count(',') + len(text) / 1000 for text in texts]\n"
    )
    held = evaluate(Commas(), texts, name="commas")
    named = evaluate(f"python:{file}", texts)
    assert held.record.metrics == named.record.metrics
    assert held.record.task.fingerprint == named.record.task.fingerprint
    assert held.record.model.fingerprint != named.record.model.fingerprint
    assert (held.folder / "predictions.parquet").is_file()


def test_the_record_says_that_it_cannot_be_made_again(texts: Path) -> None:
    model = evaluate(Commas(), texts, name="commas", version="7").record.model
    assert (model.name, model.adapter, model.checkpoint, model.dtype) == (
        "commas", "memory", "", None,
    )  # fmt: skip
    assert model.details["version"] == "7"
    assert model.details["class"] == f"{Commas.__module__}.Commas"
    assert "cannot be made again" in model.details["origin"]


def test_name_and_version_are_the_identity(texts: Path) -> None:
    first, second, third = Commas(), Commas(";"), Commas(";")
    one = evaluate(first, texts, name="mine", version="1")
    same = evaluate(second, texts, name="mine", version="1")
    assert first.asked > 0
    assert second.asked == 0, "the same version: what it answered is used again"
    assert same.record == one.record
    other = evaluate(third, texts, name="mine", version="2")
    assert third.asked > 0
    assert other.record.model.fingerprint != one.record.model.fingerprint
    assert other.record.primary.value != one.record.primary.value
    again = evaluate(Commas(";"), texts, name="other", version="1")
    assert again.record.model.fingerprint != one.record.model.fingerprint


def test_without_a_version_no_answer_of_another_object_is_ever_used(texts: Path) -> None:
    one = evaluate(Commas(), texts, name="mine")
    other = evaluate(Commas(";"), texts, name="mine")
    assert one.record.model.fingerprint != other.record.model.fingerprint
    assert one.folder != other.folder
    assert one.record.primary.value != other.record.primary.value
    assert one.record.model.details["version"] is None
    found = mb.runs("runs")
    assert len(found) == 2
    assert len({str(line) for line in repr(found).splitlines()[1:]}) == 2


def test_using_answers_again_is_said_unless_quiet(
    texts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments: dict[str, Any] = {"data": texts, "name": "mine", "version": "3"}
    mb.evaluate(Commas(), "detection/folder", **arguments)
    assert "40 of 40 items" in capsys.readouterr().err
    mb.evaluate(Commas(), "detection/folder", **arguments)
    assert capsys.readouterr().err == (
        f"{TASK} · mine: what version 3 answered before is used again\n"
    )
    mb.evaluate(Commas(), "detection/folder", **arguments, quiet=True)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_what_was_interrupted_goes_on_with_the_same_version_alone(
    texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stops(Commas):
        def score_texts(self, texts: Sequence[str]) -> list[float]:
            if self.asked > 1000:
                raise KeyboardInterrupt
            return super().score_texts(texts)

    loaded = mb.load_task("detection/embedded")
    items = loaded.data.item_count
    with pytest.raises(KeyboardInterrupt):
        mb.evaluate(Stops(), "detection/embedded", name="slow", version="1", quiet=True)
    rest = Commas()
    mb.evaluate(rest, "detection/embedded", name="slow", version="1", quiet=True)
    assert 0 < rest.asked < items
    anew = Commas()
    mb.evaluate(anew, "detection/embedded", name="slow", quiet=True)
    assert anew.asked >= items


def test_it_stays_in_this_process(texts: Path) -> None:
    seen: list[int] = []

    class Local(Commas):  # no module could import it
        def score_texts(self, texts: Sequence[str]) -> list[float]:
            import os

            seen.append(os.getpid())
            return super().score_texts(texts)

    import os

    before = dict(os.environ)
    evaluate(Local(), texts, name="local")
    assert set(seen) == {os.getpid()}
    assert dict(os.environ) == before


def test_images_are_decoded_without_a_further_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn")
    started: list[object] = []
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", lambda *a, **k: started.append(a))

    class Ink:
        labels = tuple(str(digit) for digit in range(10))

        def classify_images(self, images: Sequence[Any]) -> np.ndarray:
            sums = [int(np.asarray(image.convert("L"), dtype=int).sum()) for image in images]
            return np.array([[-abs(total % 10 - digit) for digit in range(10)] for total in sums])

    run = mb.evaluate(Ink(), "flips/digits", name="ink", out=tmp_path, quiet=True)[0]
    assert run.record.task.items == 899
    assert run.record.model.details["labels"] == list(Ink.labels)
    assert started == []


def test_a_module_is_a_model(texts: Path) -> None:
    module = types.ModuleType("counting")
    exec("def score_texts(texts):\n    return [float(len(t)) for t in texts]\n", module.__dict__)
    run = evaluate(module, texts, name="length")
    assert run.record.model.details["class"] == "counting"


def test_direction_and_account_of_itself_are_recorded(texts: Path) -> None:
    class Fewer(Commas):
        direction = "lower"

        def __init__(self) -> None:
            super().__init__()
            self.resolved = {"sign": ","}

    down = evaluate(Fewer(), texts, name="mine", version="1")
    up = evaluate(Commas(), texts, name="mine", version="1")
    assert down.record.model.direction == "lower"
    assert down.record.model.details["sign"] == ","
    assert down.record.model.fingerprint != up.record.model.fingerprint
    area, other = (run.metric("AUROC").value for run in (down, up))
    assert area is not None
    assert other is not None
    assert area == pytest.approx(1 - other)


def test_the_device_is_the_object_s_own(texts: Path) -> None:
    run = evaluate(Commas(), texts, name="cpu").record.run
    assert run is not None
    assert (run.device, run.workers) == ("cpu", 1)
    with pytest.raises(mb.UsageError, match="on one device, not on 2"):
        evaluate(Commas(), texts, name="two", device="cpu,cpu")


class NoLabels:
    def classify_texts(self, texts: Sequence[str]) -> list[list[float]]:
        return [[0.0, 1.0] for _ in texts]


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        (Commas(), {}, "needs a name"),
        (Commas(), {"name": "  "}, "is no name"),
        (Commas(), {"name": "a\nb"}, "is no name"),
        (Commas(), {"name": "x" * 81}, "is no name"),
        (Commas, {"name": "x"}, r"Commas is a class, not a model\. Give an object: Commas\(\)"),
        (object(), {"name": "x"}, "needs a model with one of: score_texts; this one has none"),
        (NoLabels(), {"name": "x"}, r"classify_texts\(\) of .*NoLabels needs the names of its"),
        (Commas(), {"name": "x", "options": {"a": 1}}, "options means nothing to an object"),
        (Commas(), {"name": "x", "dtype": "bfloat16"}, "dtype means nothing to an object"),
        (Commas(), {"name": "x", "part_timeout": 5}, "part_timeout means nothing to an object"),
        (Commas(), {"name": "x", "version": " "}, "version is empty"),
        (Commas(), {"name": "x", "trained_on": "no-such-file"}, "no-such-file"),
        ("bm25", {"version": "2"}, "a checkpoint is known by its content"),
        (types.SimpleNamespace(score_texts=len, direction="up"), {"name": "x"}, "`direction` says"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before_anything_is_written(
    texts: Path, model: Any, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(mb.UsageError, match=said):
        evaluate(model, texts, **more)
    assert not Path("runs").exists()


def test_an_error_of_its_code_is_one_line_that_says_where(texts: Path) -> None:
    class Broken:
        def score_texts(self, texts: Sequence[str]) -> list[float]:
            return [1 / (len(text) * 0) for text in texts]

    with pytest.raises(mb.InvalidError) as caught:
        evaluate(Broken(), texts, name="broken")
    line = Broken.score_texts.__code__.co_firstlineno + 1
    assert str(caught.value) == (
        f"broken: {Path(__file__).name}:{line}: ZeroDivisionError: division by zero"
    )
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_answers_that_are_none_are_refused(texts: Path) -> None:
    class Nothing:
        def score_texts(self, texts: Sequence[str]) -> list[float]:
            return [float("nan")] * len(texts)

    with pytest.raises(mb.InvalidError, match="NaN or infinite"):
        evaluate(Nothing(), texts, name="nothing")


def test_it_is_compared_scored_again_shown_and_submitted(texts: Path) -> None:
    old = evaluate(Commas(), texts, name="old", version="1")
    new = evaluate(Commas(";"), texts, name="new", version="1")
    assert mb.compare(old, new).tasks[0].task == TASK
    again = mb.score("runs")
    assert {run.record.model.name: run.record for run in again} == {
        "old": old.record,
        "new": new.record,
    }
    about = About(org="example", name="Held", date="2031-05-17")
    made = pack([old.folder], about, out=Path("submissions"), suite_of=lambda _: None)
    text = (made.folder / "submission.toml").read_text()
    assert "marginbench score --predictions predictions.parquet --model-name old" in text


def test_it_needs_no_torch(texts: Path) -> None:
    before = "torch" in sys.modules
    evaluate(Commas(), texts, name="light")
    assert ("torch" in sys.modules) == before


def test_options_of_a_checkpoint_keep_their_types(texts: Path) -> None:
    file = texts.with_name("made.py")
    file.write_text(
        "CAPABILITIES = ['score_texts']\n"
        "def load(sign=';', weight=1, words=None):\n"
        "    assert isinstance(sign, str) and isinstance(weight, float) and words == ['a']\n"
        "    class Made:\n"
        "        def score_texts(self, texts):\n"
        "            return [weight * t.count(',') + len(t) / 1000 for t in texts]\n"
        "    return Made()\n"
    )
    options: dict[str, Any] = {"sign": "5", "weight": 1.0, "words": ["a"]}
    made = evaluate(f"python:{file}", texts, options=options)
    assert made.record.model.options == options
    assert made.metric().value == evaluate(Commas(), texts, name="commas").metric().value
