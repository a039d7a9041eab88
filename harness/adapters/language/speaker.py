"""A causal language model that replies: likelihoods of labels, texts, and of given texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.asking.asks import Ask, Choose, Prompt, Reply, Write
from harness.adapters.language.chat import Chat, single_tokens
from harness.adapters.support.torch import UNLIMITED, pad_rows, positions
from harness.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHORTEST_PREFIX = 16
"""Tokens that a batch has to begin with alike before they are encoded on their own, once."""


class Speaker:
    """One model, its tokenizer and its chat template. Batches are made by who asks.

    ``limit`` is the number of tokens that a prompt and its answer may have together, ``None``
    where neither checkpoint nor option says.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        device: str,
        template: str = "auto",
        thinking: bool = False,
        max_length: int = 0,
    ) -> None:
        self._model = model.to(device).eval()
        self.tokenizer = tokenizer
        self._device = device
        self.chat = Chat(tokenizer, template, thinking=thinking)
        self.limit = _limit(model, tokenizer, max_length)
        self._labels: dict[tuple[str, ...], list[int]] = {}
        pad = tokenizer.pad_token_id
        self._pad = int(pad if pad is not None else tokenizer.eos_token_id or 0)

    def label_tokens(self, labels: Sequence[str]) -> list[int]:
        """The one token of each label; see :func:`single_tokens`."""
        key = tuple(labels)
        if key not in self._labels:
            self._labels[key] = single_tokens(self.tokenizer, labels)
        return self._labels[key]

    def count_tokens(self, asks: Sequence[Ask]) -> list[int]:
        """Tokens of each prompt and of the longest answer that it allows."""
        return [
            len(self.chat.tokens(ask.prompt)) + (ask.most_tokens if isinstance(ask, Write) else 0)
            for ask in asks
        ]

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """Reply to a batch, in order. Nothing is drawn: texts are written greedily.

        Raises :class:`UsageError` for a prompt that, with its answer, is longer than the model.
        """
        rows = [self.chat.tokens(ask.prompt) for ask in asks]
        self._check(asks, rows)
        replies: dict[int, Reply] = {}
        chosen = [at for at, ask in enumerate(asks) if isinstance(ask, Choose)]
        if chosen:
            logits = self.last_logits([rows[at] for at in chosen])
            for at, row in zip(chosen, logits, strict=True):
                replies[at] = self._chosen(asks[at], row, len(rows[at]))
        for at, ask in enumerate(asks):
            if isinstance(ask, Write):
                replies[at] = Reply()
        written = [at for at, ask in enumerate(asks) if isinstance(ask, Write)]
        most = max((ask.most_tokens for ask in asks if isinstance(ask, Write)), default=0)
        for at, answer in zip(written, self._write([rows[a] for a in written], most), strict=True):
            ask = asks[at]
            assert isinstance(ask, Write)
            replies[at] = self._written(answer[: ask.most_tokens], len(rows[at]))
        return [replies[at] for at in range(len(asks))]

    def _check(self, asks: Sequence[Ask], rows: Sequence[Sequence[int]]) -> None:
        for ask, row in zip(asks, rows, strict=True):
            room = len(row) + (ask.most_tokens if isinstance(ask, Write) else 0)
            if self.limit is not None and room > self.limit:
                raise UsageError(
                    f"a prompt of {len(row):,} tokens and its answer are longer than the "
                    f"{self.limit:,} of this model",
                    fix="Show fewer or shorter passages at a time",
                )

    def _chosen(self, ask: Ask, logits: Any, read: int) -> Reply:
        import torch

        assert isinstance(ask, Choose)
        likely = torch.log_softmax(logits, dim=-1)[self.label_tokens(ask.labels)]
        return Reply(likelihoods=tuple(likely.tolist()), prompt_tokens=read)

    def _written(self, answer: Sequence[int], read: int) -> Reply:
        text = self.tokenizer.decode(answer, skip_special_tokens=True)
        return Reply(text=text, prompt_tokens=read, completion_tokens=len(answer))

    def last_logits(self, rows: Sequence[Sequence[int]]) -> Any:
        """Logits behind the last token of each row: float32 on the processor, (rows, tokens known).

        What all rows begin with is encoded once. Rows are padded on the right, where a causal model
        does not look, so that positions are those of a row alone.
        """
        import torch

        shared = common_prefix(rows)
        with torch.inference_mode():
            past = self._encoded(rows[0][:shared], len(rows)) if shared else {}
            ids, _ = pad_rows([row[shared:] for row in rows], value=self._pad, side="right")
            hidden = self._model.base_model(
                input_ids=torch.from_numpy(ids).to(self._device), use_cache=bool(past), **past
            ).last_hidden_state
            ends = torch.tensor([len(row) - shared - 1 for row in rows], device=hidden.device)
            last = hidden[torch.arange(len(rows), device=hidden.device), ends]
            return self._head(last).float().cpu()

    def _head(self, hidden: Any) -> Any:
        """Logits of hidden states, with the cap that some models put on them."""
        import torch

        logits = self._model.get_output_embeddings()(hidden)
        cap = getattr(self._model.config, "final_logit_softcapping", None)
        return logits if not cap else cap * torch.tanh(logits.float() / cap)

    def _encoded(self, prefix: Sequence[int], count: int) -> dict[str, Any]:
        """Keys and values of a prefix, for so many rows that go on from it, as an argument."""
        import torch

        ids = torch.tensor([list(prefix)], device=self._device)
        made = self._model.base_model(input_ids=ids, use_cache=True)
        name = "cache" if "cache" in made else "past_key_values"  # renamed in transformers 5
        made[name].batch_repeat_interleave(count)
        return {name: made[name]}

    def log_likelihoods(
        self, rows: Sequence[Sequence[int]], starts: Sequence[int]
    ) -> NDArray[np.float64]:
        """Sum of the log-probabilities of each row's tokens from ``starts`` on.

        Float64 sums of float32 log-probabilities, shape (rows,).
        """
        import numpy as np
        import torch

        ids, _ = pad_rows(rows, value=self._pad, side="right")
        totals = np.zeros(len(rows))
        with torch.inference_mode():
            hidden = self._model.base_model(
                input_ids=torch.from_numpy(ids).to(self._device), use_cache=False
            ).last_hidden_state
            for at, (row, start) in enumerate(zip(rows, starts, strict=True)):
                logits = self._head(hidden[at, start - 1 : len(row) - 1]).float()
                told = torch.tensor(list(row[start:]), device=logits.device)
                likely = torch.log_softmax(logits, dim=-1).gather(1, told[:, None])
                totals[at] = likely.double().sum().item()
        return totals

    def _write(self, rows: Sequence[Sequence[int]], most: int) -> list[list[int]]:
        """Greedy continuations of at most ``most`` tokens, each up to its end token."""
        import torch

        if not rows:
            return []
        ids, mask = pad_rows(rows, value=self._pad, side="left")
        with torch.inference_mode():
            made = self._model.generate(
                input_ids=torch.from_numpy(ids).to(self._device),
                attention_mask=torch.from_numpy(mask).to(self._device),
                do_sample=False,
                num_beams=1,
                max_new_tokens=most,
                pad_token_id=self._pad,
            )[:, ids.shape[1] :].tolist()
        ends = self._ends()
        return [_up_to(row, ends) for row in made]

    def _ends(self) -> frozenset[int]:
        declared = [self._model.generation_config.eos_token_id, self.tokenizer.eos_token_id]
        flat = [one for ids in declared for one in (ids if isinstance(ids, list) else [ids])]
        return frozenset(one for one in flat if one is not None)

    @property
    def resolved(self) -> Mapping[str, Any]:
        """What was settled at load."""
        return {
            "template": self.chat.used,
            "system_message": self.chat.system,
            "max_length": self.limit,
            "decoding": "greedy",
        }


def common_prefix(rows: Sequence[Sequence[int]]) -> int:
    """Tokens that all rows begin with, or 0 where that is not worth a pass of its own.

    One token at least is left to every row: its logits are what is asked for.
    """
    if len(rows) < 2:
        return 0
    ordered = sorted(map(list, rows))
    first, last = ordered[0], ordered[-1]  # what these two share, all rows between them do
    most = min(map(len, rows)) - 1
    shared = 0
    while shared < most and first[shared] == last[shared]:
        shared += 1
    return shared if shared >= SHORTEST_PREFIX else 0


def _up_to(row: Sequence[int], ends: frozenset[int]) -> list[int]:
    stop = next((at for at, token in enumerate(row) if token in ends), len(row))
    return list(row[:stop])


def _limit(model: Any, tokenizer: Any, wanted: int) -> int | None:
    known = [n for n in (positions(model), tokenizer.model_max_length) if n and n < UNLIMITED]
    if wanted < 0 or (wanted and known and wanted > min(known)):
        raise UsageError(
            f"max_length {wanted} is outside 1..{min(known, default=UNLIMITED)}, "
            "the limit of this model"
        )
    return wanted or min(known, default=None)


def prompt_of(text: str) -> Prompt:
    """One message of the user."""
    return Prompt((("user", text),))
