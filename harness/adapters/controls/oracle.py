"""``oracle``: the labels themselves as answers, the ceiling of a task.

It is given what no model is: the gold of each item. Of lists it puts the candidates into the order
of their grades, so its nDCG is what no reranker of them can exceed. Where labels are hidden there
is none; nor is there one of embeddings, since labels say which items belong together and not how
near: a distance between them would be made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity
from harness.adapters.support.methods import method_adapter, sha256_of
from harness.capabilities import Model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Oracle:
    """Answers with the gold that it is given."""

    def tell_gold(self, gold: Sequence[float]) -> NDArray[np.float64]:
        """The same numbers."""
        import numpy as np

        return np.asarray(gold, dtype=np.float64)


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    return ModelIdentity("oracle", sha256_of("oracle 1"), details={"control": "oracle"})


def _made(**options: Any) -> Model:
    return Oracle()


ADAPTER: Adapter = method_adapter(
    "oracle",
    "the labels themselves: the ceiling, a control row",
    "tell_gold",
    identify=_identify,
    make=_made,
)
