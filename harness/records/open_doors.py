"""Which doors of a checkpoint stood open when it was run, in words beside its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

CODE, PICKLE = "own code was run", "weights from a pickle"


class Described(Protocol):
    """A model as a record describes it."""

    @property
    def trust_remote_code(self) -> bool:
        """Whether code of the checkpoint's own was run."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of its adapter."""
        ...


def open_doors(model: Described) -> str:
    """What must stand beside the figures of such a model; empty where every door was shut."""
    found = [CODE] if model.trust_remote_code else []
    if model.options.get("allow_pickle", False) is not False:
        found.append(PICKLE)
    return ", ".join(found)
