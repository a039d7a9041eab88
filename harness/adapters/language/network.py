"""A causal language model as numbers: logits behind texts, likelihoods, and greedy continuations.

Rows of a batch are padded on the right for logits: a causal model does not look there, so that
positions, windows of attention and recurrent states are those of a row alone. The model's own
forward pass does the rest (scaled or capped logits), on the positions that are asked for alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from harness.adapters.support.torch import pad_rows, quietly
from harness.errors import InvalidError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHORTEST_PREFIX = 16
"""Tokens that a batch has to begin with alike before they are encoded on their own, once."""

Places = Sequence[tuple[int, int]]
"""Rows of a batch, each with a place in it."""

AHEAD = 1e-3
"""Share of its logits by which a network that looks back alone may move with what follows."""

REPEATED = {"DynamicLayer", "DynamicSlidingWindowLayer"}
"""Layers of a cache that are their keys and values alone, so that they can be repeated."""


class Network:
    """A model on its device; ``pad`` fills rows, ``ends`` are the tokens that end an answer."""

    def __init__(self, model: Any, *, device: str, pad: int, ends: frozenset[int]) -> None:
        from transformers import GenerationConfig

        self.model = model.to(device).eval()
        # Greedy is greedy: penalties and thresholds that a checkpoint brings are for chatting.
        self.model.generation_config = GenerationConfig(
            do_sample=False, num_beams=1, pad_token_id=pad, eos_token_id=sorted(ends) or None
        )
        self._device = device
        self._pad = pad
        self._ends = ends
        self._shares = True
        self._check_looks_back()

    def _check_looks_back(self) -> None:
        """Raise :class:`InvalidError` for a network whose tokens see the ones behind them.

        A configuration says so in many ways (``is_decoder`` false, ``is_causal`` false, two-way
        attention). What such a network makes of a place tells of the text that follows it, so that
        nothing that is read from it is a likelihood, and what fills a row moves it.
        """
        import torch

        known = self.model.get_input_embeddings().num_embeddings
        first, *others = [token for token in range(min(known, 8)) if token != self._pad][-4:]
        if len(others) < 2:
            return
        with torch.inference_mode(), quietly():
            rows = [[first, other, other, other] for other in others[:2]]
            one, two = (
                self.model(
                    input_ids=torch.tensor([row], device=self._device), use_cache=False
                ).logits[0, 0].float()
                for row in rows
            )  # fmt: skip
        apart = float((one - two).abs().max())
        if apart > AHEAD * (1 + float(one.abs().max())):
            raise InvalidError(
                "the network is no causal language model: what it makes of a token changes with "
                "the tokens behind it",
                fix="See is_decoder, is_causal and use_bidirectional_attention in its config.json",
            )

    def last_logits(self, rows: Sequence[Sequence[int]]) -> Any:
        """Logits behind the last token of each row: float32 on the processor, (rows, tokens known).

        What all rows begin with is encoded once.
        """
        shared = common_prefix(rows) if self._shares else 0
        return self._logits(rows, [(len(row) - 1, len(row)) for row in rows], shared).cpu()

    def log_likelihoods(
        self, rows: Sequence[Sequence[int]], starts: Sequence[int]
    ) -> NDArray[np.float64]:
        """Sum of the log-probabilities of each row's tokens from ``starts`` (above 0) on.

        Float64 sums of float32 log-probabilities, shape (rows,).
        """
        import torch

        heads = [row[:start] for row, start in zip(rows, starts, strict=True)]
        shared = common_prefix(heads) if self._shares else 0
        spans = [(start - 1, len(row) - 1) for row, start in zip(rows, starts, strict=True)]
        told = [token for row, start in zip(rows, starts, strict=True) for token in row[start:]]
        logits = self._logits(rows, spans, shared)
        with torch.inference_mode():
            wanted = torch.tensor(told, dtype=torch.long, device=logits.device)[:, None]
            # Not log_softmax, which would hold the logits of a long batch a second time.
            likely = logits.gather(1, wanted)[:, 0] - logits.logsumexp(dim=-1)
            owner = [at for at, (first, end) in enumerate(spans) for _ in range(first, end)]
            totals = torch.zeros(len(rows), dtype=torch.float64)
            totals.index_add_(0, torch.tensor(owner, dtype=torch.long), likely.double().cpu())
        found: NDArray[np.float64] = totals.numpy()
        return found

    @contextmanager
    def reading(self, rows: Sequence[Sequence[int]]) -> Iterator[Callable[[Places], Any]]:
        """Yield a function from places in ``rows`` to the logits there, piece by piece.

        It gives float32 logits of shape (places, tokens known) on the device. The rows are encoded
        once, so that a batch takes the memory of its hidden states and of one piece of logits.
        """
        import torch

        ids, _ = pad_rows(rows, value=self._pad, side="right")
        tokens = torch.from_numpy(ids).to(self._device)

        def logits(places: Places) -> Any:
            where = torch.tensor(list(places), dtype=torch.long, device=self._device).T
            with _narrowed(self.model, where) as narrowed:
                found = self.model(input_ids=tokens, use_cache=False).logits
            return (found[0] if narrowed else found[where[0], where[1]]).float()

        with torch.inference_mode(), quietly(), _encoding_once(self.model):
            yield logits

    def write(self, rows: Sequence[Sequence[int]], most: int) -> list[list[int] | None]:
        """Greedy continuations of at most ``most`` tokens, each up to its end token.

        ``None`` where a logit on the way was NaN: there is no likeliest token then.
        """
        import torch

        if not rows or most < 1:
            return [[] for _ in rows]
        ids, mask = pad_rows(rows, value=self._pad, side="left")
        numbers = _Numbers()
        with torch.inference_mode(), quietly():
            made = self.model.generate(
                input_ids=torch.from_numpy(ids).to(self._device),
                attention_mask=torch.from_numpy(mask).to(self._device),
                max_new_tokens=most,
                logits_processor=[numbers],
            )[:, ids.shape[1] :].tolist()
        lost = numbers.lost.tolist()
        return [
            None if bad else _up_to(row, self._ends) for row, bad in zip(made, lost, strict=True)
        ]

    def _logits(
        self, rows: Sequence[Sequence[int]], spans: Sequence[tuple[int, int]], shared: int
    ) -> Any:
        """Float32 logits at the positions ``first .. end - 1`` of each row, one row behind another.

        ``shared`` tokens that all rows begin with are encoded on their own.
        """
        import torch

        with torch.inference_mode(), quietly():
            past = self._encoded(rows[0][:shared], len(rows)) if shared else {}
            shared = shared if past else 0
            ids, _ = pad_rows([row[shared:] for row in rows], value=self._pad, side="right")
            at = [(n, place - shared) for n, span in enumerate(spans) for place in range(*span)]
            where = torch.tensor(at, dtype=torch.long, device=self._device).reshape(-1, 2).T
            with _narrowed(self.model, where) as narrowed:
                logits = self.model(
                    input_ids=torch.from_numpy(ids).to(self._device), use_cache=bool(past), **past
                ).logits
            return (logits[0] if narrowed else logits[where[0], where[1]]).float()

    def _encoded(self, prefix: Sequence[int], count: int) -> dict[str, Any]:
        """Keys and values of a prefix, for so many rows that go on from it, as an argument.

        Nothing for a model whose cache holds more than these.
        """
        import torch

        ids = torch.tensor([list(prefix)], device=self._device)
        made = self.model.base_model(input_ids=ids, use_cache=True)
        name = "cache" if "cache" in made else "past_key_values"  # renamed in transformers 5
        kinds = {type(layer).__name__ for layer in getattr(made.get(name), "layers", ())}
        if not kinds or not kinds <= REPEATED:
            self._shares = False
            return {}
        made[name].batch_repeat_interleave(count)
        return {name: made[name]}


class _Numbers:
    """Watches the logits of every step, which go on as they are."""

    lost: Any = False

    def __call__(self, ids: Any, logits: Any) -> Any:
        self.lost = logits.isnan().any(dim=-1) | self.lost
        return logits


@contextmanager
def _narrowed(model: Any, where: Any) -> Iterator[list[bool]]:
    """Logits are made of the hidden states at (row, place) alone: (1, places, tokens known).

    Of a model in half precision they are made in float32, since such logits of likely words are
    steps of an eighth apart. What is yielded is empty for a model that makes its logits in another
    way, of all places.
    """
    import torch

    done: list[bool] = []

    def narrow(_: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        done.append(True)
        return (given[0][where[0], where[1]][None], *given[1:])

    def widen(module: Any, given: tuple[Any, ...], _: Any) -> Any:
        bias = None if module.bias is None else module.bias.float()
        return torch.nn.functional.linear(given[0].float(), module.weight.float(), bias)

    head = model.get_output_embeddings()
    hooks = [] if head is None else [head.register_forward_pre_hook(narrow)]
    if type(head) is torch.nn.Linear and head.weight.dtype in (torch.bfloat16, torch.float16):
        hooks.append(head.register_forward_hook(widen))
    try:
        yield done
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _encoding_once(model: Any) -> Iterator[None]:
    """What the body of a model, all of it but its head, makes of its input is kept and used again.

    Meant for calls with one input. A model without a body of its own is run as a whole each time.
    """
    decoder = getattr(model, "get_decoder", lambda: None)()  # OPT calls it past its body
    bodies = {id(one): one for one in (model.base_model, decoder) if one not in (None, model)}
    with ExitStack() as kept:
        for body in bodies.values():
            kept.enter_context(_calling_once(body))
        yield


@contextmanager
def _calling_once(body: Any) -> Iterator[None]:
    own, forward = vars(body).get("forward"), body.forward
    made: list[Any] = []

    def once(*given: Any, **named: Any) -> Any:
        if not made:
            made.append(forward(*given, **named))
        return made[0]

    body.forward = once
    try:
        yield
    finally:
        del body.forward
        if own is not None:
            body.forward = own


def common_prefix(rows: Sequence[Sequence[int]]) -> int:
    """Tokens that all rows begin with, or 0 where that is not worth a pass of its own.

    One token at least is left to every row: its logits are what is asked for.
    """
    if len(rows) < 2:
        return 0
    first, last = min(map(list, rows)), max(map(list, rows))
    most = min(map(len, rows)) - 1  # what these two share, all rows between them do
    shared = 0
    while shared < most and first[shared] == last[shared]:
        shared += 1
    return shared if shared >= SHORTEST_PREFIX else 0


def _up_to(row: Sequence[int], ends: frozenset[int]) -> list[int]:
    stop = next((at for at, token in enumerate(row) if token in ends), len(row))
    return list(row[:stop])
