"""Chats in the cells of a table: which of their messages is the answer, and which the prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.data.shown import Dialogue
from harness.errors import InvalidError
from harness.tasks.tables import Row

ROLES = ("system", "user", "assistant", "tool")


def is_chat(value: Any) -> bool:
    """Whether a cell holds messages."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and "content" in one for one in value)
    )


def prompt_of(messages: Sequence[Mapping[str, Any]], row: Row, column: str) -> str:
    """The messages as a prompt: the text of one of the user alone, else all with their roles.

    Raises :class:`InvalidError` for a message that is no text, and for one of no known role.
    """
    found = [_message(one, row, column) for one in messages]
    if len(found) == 1 and found[0][0] == "user":
        return found[0][1]
    return Dialogue(found) if found else ""


def before_answers(cells: Mapping[str, Any], row: Row) -> str | None:
    """What stands before the answers where both sides are chats; ``None`` where one is none, or
    has no message but the answer.

    Raises :class:`InvalidError` where the two go different ways before the last message: these
    would be two prompts.
    """
    if len(cells) < 2 or not all(is_chat(cell) and len(cell) > 1 for cell in cells.values()):
        return None
    told = {name: prompt_of(cell[:-1], row, name) for name, cell in cells.items()}
    if len(set(told.values())) > 1:
        raise InvalidError(
            f"{row.where}: the chats in {' and '.join(map(repr, told))} differ before their last "
            "message, which is the answer",
            fix="Give both answers to one prompt",
        )
    return next(iter(told.values()))


def _message(one: Mapping[str, Any], row: Row, column: str) -> tuple[str, str]:
    role, text = one.get("role", "user"), one["content"]
    if role not in ROLES or not isinstance(text, str):
        raise InvalidError(
            f"{row.where}: {column}: the message {str(dict(one))[:60]!r} is none of a text",
            fix=f"Give each a role ({', '.join(ROLES)}) and its content as a text",
        )
    return str(role), text
