"""One HTTP client for all served models: what is sent again, what is not, and what is an answer.

Sent again, after a wait (httpx2 makes the requests, tenacity the attempts): a server that is busy
or starting (:data:`AGAIN`), a connection that is refused or breaks, a time that runs out. Never
taken for an answer: any status but 200, anything that is no strict JSON, anything too large.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness import __version__
from harness.adapters.served.address import checked_url, is_loopback, read_key
from harness.adapters.served.again import AgainError, retry_after, told
from harness.adapters.served.connections import Connections
from harness.adapters.served.many import Given, Made, Many
from harness.adapters.served.options import Settings
from harness.adapters.served.room import PACKED, PAGE, Room, TooMuchError
from harness.adapters.served.unfit import ABSENT, REFUSED, Answered, unfit
from harness.errors import IncompleteError, InvalidError
from harness.strict_json import Json, load_strict

if TYPE_CHECKING:
    import httpx2

AGAIN = frozenset({408, 424, 429, 502, 503, 504, 529})
"""Statuses of a server that may well answer the next time."""

SPOKEN = ("HTTP/1.0", "HTTP/1.1")
"""What is spoken here; a server that answers in anything else is none."""

FIRST_WAIT, LONGEST_BACKOFF, LONGEST_WAIT = 0.5, 30.0, 120.0
"""Seconds before the second attempt, before a late one, and that a server may ask to wait."""

LONGEST_CONNECT = 10.0
"""Seconds that a connection may take to be made, where ``timeout`` is not less."""

QUICK = 2
"""Attempts to ask again who a server is: one that is not there is told at once."""

SHOWN = 200
"""Characters shown of what a server said."""

KEPT = "Finished parts are kept: run the same command again"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. ``seconds`` are those of the attempt that had it, the last of ``attempts``."""

    json: Json = field(repr=False)
    seconds: float
    attempts: int
    status: int
    headers: Mapping[str, str] = field(repr=False)


class Server:
    """A server by its address. Raises :class:`UsageError` for one that may not be asked so.

    ``url`` is the address as a record may hold it. Threads may share a server.
    """

    def __init__(self, url: str, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.url = checked_url(url, plain_http=self.settings.plain_http)
        self._secret = read_key(self.settings.key, self.url)
        self._stopped = threading.Event()
        self._parsing = threading.Lock()
        self._connections = Connections()
        self._many = Many(self.settings.concurrency, self._stopped, self._connections)
        self._client = self._opened()

    def get(self, path: str) -> Json | None:
        """What a page says of the server; ``None`` where there is none or it is no JSON.

        Raises :class:`IncompleteError` for a server that does not answer.
        """
        made = self._asked("GET", path, None, min(QUICK, self.settings.retries), PAGE)
        if made.status in ABSENT | REFUSED or 300 <= made.status < 400:
            return None
        if made.status != 200:
            raise self._unfit(made, path)
        try:
            return self._parsed(made.body, PAGE, path)
        except (ValueError, RecursionError):
            return None

    def post(self, path: str, body: Json, room: Room | None = None) -> Reply:
        """The answer to ``body``, which may hold what ``room`` says, and repeat what was sent.

        Raises :class:`RefusedError` for a status of :data:`REFUSED`, :class:`IncompleteError` for
        a server that gave none in all attempts, :class:`InvalidError` for what is no answer.
        """
        content = json.dumps(body, allow_nan=False).encode()
        room = (room or Room()).sent(len(content))
        made = self._asked("POST", path, content, self.settings.retries, room)
        if made.status != 200:
            raise self._unfit(made, path)
        try:
            value = self._parsed(made.body, room, path)
        except (ValueError, RecursionError) as error:
            said = "nested too deep" if isinstance(error, RecursionError) else error
            raise InvalidError(
                f"{self.url}{path} answered with something that is not JSON ({said}): "
                f"{self.shown(made.body)}",
                fix="See that the address is that of the server's API",
            ) from None
        return Reply(value, made.seconds, made.attempts, made.status, made.headers)

    def many(self, path: str, bodies: Iterable[Json]) -> list[Reply]:
        """The answers to many bodies, in their order; see :meth:`post`."""
        return self.each(lambda body: self.post(path, body), list(bodies))

    def stream(self, function: Callable[[Given], Made], items: Sequence[Given]) -> Iterator[Made]:
        """``function`` of every item, in order; see :meth:`.many.Many.stream`."""
        yield from self._many.stream(function, items)

    def each(self, function: Callable[[Given], Made], items: Sequence[Given]) -> list[Made]:
        """``function`` of every item, in order; see :meth:`.many.Many.each`."""
        return self._many.each(function, items)

    def shown(self, said: bytes | str) -> str:
        """The beginning of what a server said, printable, on one line and without the key."""
        text = said[: 64 * SHOWN]
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        line = " ".join(self._secret.hide(text).split())
        plain = "".join(letter if letter.isprintable() else "?" for letter in line)
        return repr(plain[:SHOWN]) if plain else "nothing"

    def without_key(self, value: Json) -> Json:
        """A value that a server gave, without the key wherever it repeats it."""
        return self._secret.hide_in(value)

    def _opened(self) -> httpx2.Client:
        import httpx2

        seconds = self.settings.timeout
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"marginbench/{__version__}",
        }
        if self._secret.value:
            headers["Authorization"] = f"Bearer {self._secret.value}"
        here = is_loopback(urlsplit(self.url).hostname or "")
        plain = self.url.startswith("http://")
        return httpx2.Client(
            headers=headers,
            timeout=httpx2.Timeout(seconds, connect=min(seconds, LONGEST_CONNECT), pool=None),
            limits=httpx2.Limits(max_connections=self.settings.concurrency),
            follow_redirects=False,
            # Over http there are no certificates to check, and reading them all takes its time.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True,
            # What stays on this machine is no business of a proxy.
            mounts={"all://": None, "http://": None, "https://": None} if here else None,
        )

    def _parsed(self, body: bytes, room: Room, path: str) -> Json:
        """The value of an answer: one at a time, as each takes many times its size meanwhile."""
        try:
            room.check(body)
        except TooMuchError as error:
            raise self._too_much(path, error) from None
        with self._parsing:
            return load_strict(body)

    def _too_much(self, path: str, error: TooMuchError) -> InvalidError:
        return InvalidError(
            f"{self.url}{path} answered with {error}, which is no answer to what was asked",
            fix="See that the address is that of the server's API, or ask for less at once",
        )

    def _asked(
        self, method: str, path: str, content: bytes | None, retries: int, room: Room
    ) -> Answered:
        """What came back in the end, whatever its status, unless it is one of :data:`AGAIN`."""
        import tenacity

        kept = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_be_asked_again),
            stop=tenacity.stop_after_attempt(1 + retries)
            | tenacity.stop_when_event_set(self._stopped),
            wait=_waits,
            sleep=tenacity.sleep_using_event(self._stopped),
            reraise=True,
        )
        attempts = 0

        def attempt() -> Answered:
            nonlocal attempts
            attempts += 1
            return self._attempt(method, path, content, attempts, room)

        try:
            return kept(attempt)
        except AgainError as error:
            times = "once" if attempts == 1 else f"{attempts} times"
            fix = "Start the server, or see that the address is right" if content is None else ""
            raise IncompleteError(
                f"{self.url}{path} was asked {times} and {error.said}", fix=fix or error.fix
            ) from None

    def _attempt(
        self, method: str, path: str, content: bytes | None, number: int, room: Room
    ) -> Answered:
        import httpx2

        start = time.monotonic()
        headers = {} if content is None else {"Content-Type": "application/json"}
        try:
            with (
                self._connections.within(self.settings.timeout),
                self._client.stream(
                    method,
                    self.url + path,
                    content=content,
                    headers=headers,
                    extensions={"trace": self._connections.note},
                ) as response,
            ):
                body = self._body(response, path, start, room)
                made = Answered(
                    response.status_code,
                    {name.lower(): value for name, value in response.headers.items()},
                    body,
                    time.monotonic() - start,
                    number,
                )
        except httpx2.TimeoutException:
            raise self._late() from None
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
            said = self.shown(str(error)) if str(error) else type(error).__name__
            raise AgainError(
                f"could not be reached or broke off ({said})",
                f"See that a server is there and stays up. {KEPT}",
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            said = f"{type(error).__name__}: {self.shown(str(error))}"
            raise InvalidError(f"{self.url}{path} cannot be asked ({said})") from None
        if made.status in AGAIN:
            raise self._busy(made)
        return made

    def _body(self, response: httpx2.Response, path: str, start: float, room: Room) -> bytes:
        """The whole body, unpacked where it comes packed although that was not asked for."""
        if response.http_version not in SPOKEN:
            said = f"{self.url}{path} answered in {self.shown(response.http_version)}"
            raise InvalidError(said, fix="See that the address is that of the server's API")
        packed = response.headers.get("content-encoding", "").strip().lower()
        if packed not in PACKED:  # several layers, or a tighter one, make gigabytes of a piece
            said = f"{self.url}{path} answered packed as {self.shown(packed)}"
            raise InvalidError(said, fix="See what stands between here and the server")
        pieces = []
        try:
            for piece in room.whole(response.iter_raw(), packed):
                if time.monotonic() - start > self.settings.timeout:
                    raise self._late()
                pieces.append(piece)
        except TooMuchError as error:
            raise self._too_much(path, error) from None
        except zlib.error as error:
            said = f"{self.url}{path} answered packed as {packed}, and is not ({error})"
            raise InvalidError(said, fix="See what stands between here and the server") from None
        return b"".join(pieces)

    def _late(self) -> AgainError:
        seconds = f"{self.settings.timeout:g}"
        return AgainError(
            f"gave no whole answer within {seconds} seconds",
            f"Allow more time, such as --option timeout={2 * self.settings.timeout:g}, or fewer "
            f"requests at once, --option concurrency=1. {KEPT}",
        )

    def _busy(self, made: Answered) -> AgainError:
        asked = retry_after(made.headers.get("retry-after", ""))
        said = f"answered {made.status}: {self.shown(made.body)}"
        fix = f"Ask for fewer at once, such as --option concurrency=1, or later. {KEPT}"
        if asked is not None and asked > LONGEST_WAIT:
            return AgainError(f"{said}, to be asked again {told(asked)}", fix, last=True)
        return AgainError(said, fix, asked)

    def _unfit(self, made: Answered, path: str) -> InvalidError:
        return unfit(made, self.url + path, self.shown)


def _waits(state: Any) -> float:
    """Seconds before the next attempt: as the server asks, and else longer each time."""
    import tenacity

    error = state.outcome.exception()
    backoff = tenacity.wait_exponential(multiplier=FIRST_WAIT, max=LONGEST_BACKOFF)
    spread = tenacity.wait_random(0, FIRST_WAIT)  # so that not all threads come back at once
    asked = error.wait if isinstance(error, AgainError) else None
    return asked or float(backoff(state) + spread(state))


def _may_be_asked_again(error: BaseException) -> bool:
    return isinstance(error, AgainError) and not error.last
