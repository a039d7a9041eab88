"""Running an ONNX graph, which need not keep to what it declares of itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from harness.errors import InvalidError
from harness.memory import is_out_of_memory

if TYPE_CHECKING:
    from harness.capabilities import Floats


def run_graph(
    session: Any, output: str, feeds: Mapping[str, Any], *, dimensions: Collection[int]
) -> Floats:
    """An output as float32, of one of so many dimensions.

    Raises :class:`InvalidError` for a graph that fails or gives anything else; what tells that
    memory ran out passes, and is met apart.
    """
    import numpy as np

    try:
        found = session.run([output], dict(feeds))[0]
    except Exception as error:  # onnxruntime's errors have no common base class
        if is_out_of_memory(error):
            raise
        raise InvalidError(
            f"the graph does not take what it is given ({str(error)[-200:]})"
        ) from error
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiub":
        raise InvalidError(f"the graph's output {output!r:.80} holds no numbers")
    if found.ndim not in dimensions:
        raise InvalidError(
            f"the graph's output {output!r:.80} has {found.ndim} dimensions: no embedding"
        )
    numbers: Floats = found.astype(np.float32, copy=False)
    return numbers
