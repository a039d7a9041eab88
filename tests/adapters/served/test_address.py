"""Addresses, keys and settings that the client takes, and those that it refuses."""

from __future__ import annotations

import base64

import pytest

from harness.adapters.served.address import Secret, checked_url, is_loopback
from harness.adapters.served.client import Server
from harness.adapters.served.options import Settings
from harness.errors import UsageError
from tests.adapters.served.scripted import Said, scripted

KEY = "sk-very/secret+7f3a=="
QUICK = Settings(timeout=5, retries=2)


def test_a_key_is_named_never_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (KEY, "abcdef123456", "-", " "):
        with pytest.raises(UsageError) as error:
            Server("http://127.0.0.1:9", Settings(key=value))
        assert value == " " or value == "-" or value not in str(error.value)
        assert "environment variable" in str(error.value)
    for bad in ("two words", "späť", "a\nb"):
        monkeypatch.setenv("MY_KEY", bad)
        with pytest.raises(UsageError, match="MY_KEY holds no key") as error:
            Server("http://127.0.0.1:9", Settings(key="MY_KEY"))
        assert bad not in str(error.value)


def test_the_usual_variable_is_used_when_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted([Said([1])]) as at:
        monkeypatch.delenv("MARGINBENCH_API_KEY", raising=False)
        Server(at.url, QUICK).post("/x", {})
        monkeypatch.setenv("MARGINBENCH_API_KEY", "abc")
        Server(at.url, QUICK).post("/x", {})
    assert "authorization" not in at.seen[0][2]
    assert at.seen[1][2]["authorization"] == "Bearer abc"


@pytest.mark.parametrize("named", ["", "MARGINBENCH_API_KEY"])
@pytest.mark.parametrize("host", ["", "other.example.com", "example.com.evil.org"])
def test_the_usual_key_goes_to_the_host_that_it_is_for(
    named: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address may come out of a stranger's command, the environment does not."""
    settings = Settings(key=named)
    monkeypatch.setenv("MARGINBENCH_API_KEY", "abc")
    monkeypatch.setenv("MARGINBENCH_API_HOST", host)
    with pytest.raises(UsageError, match=r"api\.example\.com may have it") as error:
        Server("https://api.example.com/v1", settings)
    assert "export MARGINBENCH_API_HOST=api.example.com" in error.value.fix
    monkeypatch.setenv("MARGINBENCH_API_HOST", "API.example.com")
    Server("https://api.example.com/v1", settings)
    monkeypatch.setenv("OTHER", "abc")
    Server("https://elsewhere.example.com", Settings(key="OTHER"))


@pytest.mark.parametrize(
    "url",
    [
        "https://user:pass-word@example.org", "https://pass-word@example.org/v1",
        "https://example.org/v1?api_key=pass-word", "https://example.org/#pass-word",
        "https://example.org/?", "http://example.org", "http://10.0.0.4:8080", "ftp://example.org",
        "example.org", "", "https://", "http://localhost:port", "https://exa mple.org",
        "http://127.0.0.1.example.org", "http://[::1", "https://example.org/a b", "file:///etc/passwd",
        "http://localhost@example.org", "https://example.org\\@evil",
        "https://a..b", "https://.", "https://" + 64 * "a" + ".org",
    ],
)  # fmt: skip
def test_an_address_that_is_none_or_opens_too_much(url: str) -> None:
    with pytest.raises(UsageError) as error:
        checked_url(url, plain_http=False)
    assert "pass-word" not in str(error.value)
    assert error.value.fix


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://LOCALHOST/v1//", "http://localhost/v1"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("https://API.example.org/v2", "https://api.example.org/v2"),
    ],
)
def test_an_address_is_written_in_one_way(url: str, shown: str) -> None:
    assert checked_url(url, plain_http=False) == shown
    assert checked_url(shown, plain_http=False) == shown


def test_plain_http_elsewhere_has_to_be_asked_for() -> None:
    assert checked_url("http://10.0.0.4:8080", plain_http=True) == "http://10.0.0.4:8080"
    hosts = ("localhost", "127.9.9.9", "::1", "10.0.0.1", "0.0.0.0")
    assert [is_loopback(host) for host in hosts] == [True, True, True, False, False]


@pytest.mark.parametrize(
    "wrong",
    [{"timeout": 0.0}, {"timeout": float("nan")}, {"retries": -1}, {"concurrency": 0}],
)
def test_settings_of_no_use(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"--option {next(iter(wrong))}="):
        Settings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["0", "1", '"', "true", "{", "\\", "EMPTY"])
def test_a_key_that_is_hardly_one_breaks_no_answer(key: str) -> None:
    """Servers without keys are given such as ``0`` and ``EMPTY``."""
    given = {"model": f"org/{key}", "facts": {"size": 101, "more": [True, None, 1e10, "x"]}}
    found = Secret(key).hide_in(given)
    assert found == {**given, "model": "org/(key)"}


def test_a_key_that_a_server_packed_is_hidden() -> None:
    packed = base64.b64encode(b"sk-very-secret").decode()
    assert packed not in Secret("sk-very-secret").hide(f"you sent {packed}")
