"""What an adapter raises at a checkpoint is one line that hides nothing; what we raise is ours."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from harness.engine.whose import checkpoint_errors
from harness.errors import IncompleteError, InvalidError, UsageError


class PanicException(BaseException):
    """As Rust's panics come, by their name."""


def of_an_adapter(error: BaseException) -> Callable[[], Any]:
    """A function of a module of adapters, as far as a traceback tells, that raises."""

    def raising() -> None:
        raise error

    return types.FunctionType(
        raising.__code__, {"__name__": "harness.adapters.x"}, closure=raising.__closure__
    )


@pytest.mark.parametrize(
    "error",
    [OverflowError("too large"), NotImplementedError(), RuntimeError("a\nb"), KeyError("k"),
     RecursionError("deep"), PanicException("no"), AssertionError()],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_kind_text_place_and_checkpoint_are_in_the_line(error: BaseException) -> None:
    with (
        pytest.raises(InvalidError) as caught,
        checkpoint_errors("cross-encoder", "./folder"),
    ):
        of_an_adapter(error)()
    said = str(caught.value)
    assert said.startswith(f"cross-encoder:./folder cannot be used: {type(error).__name__}")
    assert "(at harness.adapters.x:" in said
    assert str(error).partition("\n")[0] in said
    assert "fault of MarginBench: please report this line" in said
    assert caught.value.__cause__ is error
    assert "\n" not in said


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("not enough memory: you tried")])
def test_want_of_memory_is_work_that_stopped(error: Exception) -> None:
    with (
        pytest.raises(IncompleteError, match=r"a:b takes more memory than there is: \w+Error"),
        checkpoint_errors("a", "b"),
    ):
        of_an_adapter(error)()


def test_what_is_ours_stays_ours() -> None:
    def ours() -> None:
        raise TypeError("a fault of ours")

    with pytest.raises(TypeError, match="a fault of ours"), checkpoint_errors("a", "b"):
        ours()
    with pytest.raises(ValueError, match="x"), checkpoint_errors("bm25", ""):
        of_an_adapter(ValueError("x"))()
    for error in (KeyboardInterrupt(), SystemExit(2), UsageError("as it is")):
        with pytest.raises(type(error)) as caught, checkpoint_errors("a", "b"):
            of_an_adapter(error)()
        assert caught.value is error
