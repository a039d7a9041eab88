"""Templates written by a process that can be ended: no single operation hangs or fills memory."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.adapters.support import templates
from harness.adapters.support.scribe import Scribe
from harness.adapters.support.templates import TemplateFaultError
from harness.errors import UsageError

if not hasattr(os, "fork"):
    pytest.skip("a process of its own is begun by fork", allow_module_level=True)

ONE_OPERATION = {
    "a power in a filter": "{{ 1|round(9999999 * 100, 'ceil') }}",
    "a sum of lists": "{{ ([[0]] * 9999999)|sum(start=[])|length }}",
    "a text many times, of two numbers": "{{ ('a' * 9999999 * 900)|length }}",
    "a width of two numbers": "{{ 'a'.center(9999999 * 900)|length }}",
    "a text put for each letter": "{{ ('a' * 9000).replace('a', 'b' * 999999)|length }}",
    "bytes": "{{ (1).to_bytes(9999999 * 900, 'big')|length }}",
    "an indent": "{{ [1]|tojson(indent=9999999 * 900)|length }}",
    "a list filled up": "{{ [1]|batch(9999999 * 200, 'x')|list|length }}",
}


def render(template: str, **given: Any) -> str:
    return str(ImmutableSandboxedEnvironment().from_string(template).render(**given))


@pytest.fixture
def scribe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scribe]:
    monkeypatch.setattr(templates, "SECONDS", 2.0)
    monkeypatch.setattr(templates, "MEMORY", 1 << 27)
    made = Scribe(render)
    assert made("{{ a }}", a="it writes") == "it writes"
    yield made
    made.close()


@pytest.mark.parametrize("kind", ONE_OPERATION)
def test_one_operation_is_ended(kind: str, scribe: Scribe) -> None:
    began = time.monotonic()
    with pytest.raises(UsageError, match="chat template takes more than"):
        scribe(ONE_OPERATION[kind])
    assert time.monotonic() - began < 20
    assert scribe("{{ 1 + 1 }}") == "2"  # the next one has a process again


def test_chance_is_the_same_for_every_prompt(scribe: Scribe) -> None:
    drawn = "{{ range(100000)|random }} {{ [range(100000)]|map('random')|list }} {{ lipsum(1) }}"
    first = scribe(drawn)
    assert scribe(drawn) == first
    assert Scribe(render)(drawn) == first
    assert render(drawn) != first


def test_what_fails_is_told_as_it_is(scribe: Scribe) -> None:
    with pytest.raises(TemplateError, match="access to attribute '__class__'"):
        scribe("{{ ''.__class__.__mro__ }}")
    with pytest.raises(TypeError, match="unsupported operand"):
        scribe("{{ 1 + 'a' }}")
    with pytest.raises(TemplateFaultError, match="ZeroDivisionError"):
        scribe("{{ 1 // 0 }}")
    with pytest.raises(TemplateFaultError, match="SyntaxError: too many statically nested"):
        scribe("{% for a in [1] %}" * 60 + "{% endfor %}" * 60)
    with pytest.raises(TemplateFaultError, match="UnicodeEncodeError"):
        scribe("{{ '\\ud800' }}")
    with pytest.raises(UsageError, match="writes 9,999,999 characters"):
        scribe("{{ 'a' * 9999999 }}")
    assert scribe("{{ a }}", a=["\x00", "é"]) == "['\\x00', 'é']"


def test_a_fork_has_a_process_of_its_own(scribe: Scribe) -> None:
    """Two that asked the same one would read each other's answers."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(write, scribe("{{ 'theirs' }}").encode())
        finally:
            os._exit(0)
    os.close(write)
    assert scribe("{{ 'ours' }}") == "ours"
    assert os.read(read, 100) == b"theirs"
    os.waitpid(pid, 0)
    os.close(read)


def test_its_process_holds_nothing_of_others_open(scribe: Scribe) -> None:
    """Somebody who waits for the end of a pipe would wait for as long as the process lasts."""
    ours, theirs = os.pipe()
    assert scribe("{{ 1 + 1 }}") == "2"
    os.close(theirs)
    ready, _, _ = select.select([ours], [], [], 5)
    assert ready
    assert os.read(ours, 1) == b""
    os.close(ours)
    assert scribe("{{ 2 + 2 }}") == "4"
