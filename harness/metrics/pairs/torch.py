"""The kernels of :mod:`harness.metrics.pairs.kernels` in torch, for an accelerator: same counts.

Blocks go to the device, tables stay there until the pass ends. TF32 is switched off for the
product, whose error bound it would break; pairs near a threshold are computed again in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.pairs.items import PLACES
from harness.metrics.pairs.kernels import BINS, HALF, First, Floats, Ints, Plan, Second

_PAIRS = 1 << 18
"""Pairs whose vectors are gathered at once."""


class TorchKernels:
    """See :class:`harness.metrics.pairs.kernels.Kernels`. One object serves one pass at a time."""

    def __init__(self, device: str = "cuda") -> None:
        import torch

        self._torch = torch
        self._device = torch.device(device)
        self._held: dict[str, Any] = {}

    def _there(self, array: Any) -> Any:
        return self._torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def multiply(self, rows: Floats, columns: Floats) -> Any:
        """A tensor on the device."""
        backend = self._torch.backends.cuda.matmul
        before, backend.allow_tf32 = backend.allow_tf32, False
        try:
            return self._there(rows) @ self._there(columns).T
        finally:
            backend.allow_tf32 = before

    def cosines(self, vectors: Floats, first: Ints, second: Ints) -> NDArray[np.float64]:
        """In float64 on the device."""
        found = np.empty(len(first))
        for start in range(0, len(first), _PAIRS):
            part = slice(start, start + _PAIRS)
            a, b = (self._there(vectors[ends[part]]).double() for ends in (first, second))
            found[part] = (a * b).sum(dim=1).cpu().numpy()
        return np.round(found, PLACES)

    def first(
        self, block: Any, labels: Ints, top: int, left: int, upper: bool, state: First
    ) -> None:
        """Histogram and maxima stay on the device until :meth:`finish`."""
        torch = self._torch
        if not self._held:
            self._held = {
                "histogram": torch.zeros(BINS, dtype=torch.int64, device=self._device),
                "nearest": self._there(state.nearest.copy()),
            }
        counted = self._counted(block, labels, top, left, upper)
        self._held["histogram"] += torch.bincount(self._bins(block[counted]), minlength=BINS)
        shown = torch.where(counted, block, torch.full_like(block, -2))
        for start, best in ((top, shown.amax(dim=1)), (left, shown.amax(dim=0))):
            part = self._held["nearest"][start : start + len(best)]
            torch.maximum(part, best, out=part)

    def second(
        self,
        block: Any,
        labels: Ints,
        top: int,
        left: int,
        upper: bool,
        plan: Plan,
        state: Second,
    ) -> tuple[Ints, Ints]:
        """Tables stay on the device until :meth:`finish`."""
        torch = self._torch
        if not self._held:
            self._held = {
                "other": torch.zeros(state.other.size, dtype=torch.int64, device=self._device),
                "levels": torch.zeros(len(state.levels), dtype=torch.int64, device=self._device),
                "cosines": self._there(-plan.cosines),
                "level": self._there(plan.level.astype(np.int64)),
                "labels": self._there(labels),
            }
        held = self._held
        near = self._counted(block, labels, top, left, upper) & (block >= np.float32(plan.floor))
        rows, columns = torch.nonzero(near, as_tuple=True)
        values = block[rows, columns]
        rows, columns = rows + top, columns + left
        step = torch.searchsorted(held["cosines"], -values.double(), side="left")
        level = held["level"][self._bins(values)]
        sure = (self._gap(values.double(), step) > plan.bound) & (level >= 0)
        width = state.other.shape[1]
        for ends in (rows, columns):
            cells = held["labels"][ends[sure]] * width + step[sure]
            held["other"].scatter_add_(0, cells, torch.ones_like(cells))
        held["levels"] += torch.bincount(level[sure], minlength=len(state.levels))
        return rows[~sure].cpu().numpy(), columns[~sure].cpu().numpy()

    def finish(self, state: First | Second) -> None:
        """Add what the device holds to the state."""
        if self._held and isinstance(state, First):
            state.histogram[:] += self._held["histogram"].cpu().numpy()
            np.maximum(state.nearest, self._held["nearest"].cpu().numpy(), out=state.nearest)
        elif self._held and isinstance(state, Second):
            state.other[:] += self._held["other"].cpu().numpy().reshape(state.other.shape)
            state.levels[:] += self._held["levels"].cpu().numpy()
        self._held = {}

    def _bins(self, values: Any) -> Any:
        return ((values + 1.0) * float(HALF)).long().clamp(0, BINS - 1)

    def _gap(self, values: Any, step: Any) -> Any:
        torch = self._torch
        edges = torch.full((len(self._held["cosines"]) + 2,), torch.inf, device=self._device)
        edges = edges.double()
        edges[1:-1] = -self._held["cosines"]
        edges[-1] = -torch.inf
        return torch.minimum(edges[step] - values, values - edges[step + 1])

    def _counted(self, block: Any, labels: Ints, top: int, left: int, upper: bool) -> Any:
        torch = self._torch
        rows = self._there(labels[top : top + block.shape[0]])
        columns = self._there(labels[left : left + block.shape[1]])
        counted = rows[:, None] != columns[None, :]
        if upper and left < top + block.shape[0]:
            row = torch.arange(block.shape[0], device=self._device) + top
            column = torch.arange(block.shape[1], device=self._device) + left
            counted &= row[:, None] < column[None, :]
        return counted
