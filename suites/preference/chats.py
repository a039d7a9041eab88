"""Answers and prompts that are conversations: a list of messages, each with a role and a content.

The last message of an answer's conversation is the answer. What stands before it is the prompt, and
is shown whole: without its earlier turns an answer is judged by a question that nobody asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import InvalidError

Message = Mapping[str, Any]

_NOT_ANSWERING = frozenset({"user", "human", "system", "developer"})


def is_chat(value: Any) -> bool:
    """Whether a cell is a list of messages."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and "content" in one for one in value)
    )


def answer_of(chat: Sequence[Message], where: str) -> Any:
    """The content of the last message. Raises :class:`InvalidError` where that is a question."""
    role = str(chat[-1].get("role", "")).lower()
    if role in _NOT_ANSWERING:
        raise InvalidError(f"{where}: the last message is one of the {role}, and no answer")
    return chat[-1]["content"]


def before(cells: Sequence[Any], where: str) -> list[Message]:
    """The messages before the answer, which all conversations of an item have to share.

    ``cells`` are conversations, lists of them, or plain texts, before which nothing stands.
    """
    chats = [cell for cell in cells if is_chat(cell)]
    for cell in cells:
        if isinstance(cell, list) and not is_chat(cell):
            chats += [one for one in cell if is_chat(one)]
    found = [list(chat[:-1]) for chat in chats]
    longest = max(found, key=len, default=[])
    if any(one and one != longest for one in found):
        raise InvalidError(
            f"{where}: its answers belong to different conversations",
            fix="Let the messages before the answers be the same, or give the answers alone",
        )
    return longest


def shown(prompt: Any, earlier: Sequence[Message], where: str) -> Any:
    """What is asked: the prompt's own text or conversation, or what stands before the answers.

    Raises :class:`InvalidError` where both are there and say different things.
    """
    if not earlier:
        return _text(prompt, where) if is_chat(prompt) else prompt
    if prompt in (None, "", []):
        return _text(earlier, where)
    own = list(prompt) if is_chat(prompt) else [{"content": prompt}]
    said = [_bare(one) for one in earlier]
    if not all(_bare(one) in said for one in own):
        raise InvalidError(
            f"{where}: the prompt is none of the messages before the answer",
            fix="Leave the column of prompts out, or those messages",
        )
    return _text(earlier, where) if len(earlier) > 1 or is_chat(prompt) else prompt


def _bare(message: Message) -> Any:
    content = message["content"]
    return content.strip() if isinstance(content, str) else content


def _text(chat: Sequence[Message], where: str) -> Any:
    """One message as its content, several with their roles, set off by blank lines."""
    if len(chat) == 1:
        return chat[0]["content"]
    if any(not isinstance(one["content"], str) for one in chat):
        raise InvalidError(f"{where}: a message before the answer is no text")
    return "\n\n".join(f"{one.get('role', 'user')}: {one['content']}" for one in chat)
