"""A Ray that is there, or one of our own on this machine that ends with the work."""

from __future__ import annotations

import os
import socket
from typing import Any
from uuid import uuid4

from harness.engine.cluster.places import Place
from harness.engine.cluster.room import Node
from harness.engine.cluster.terminated import Terminated
from harness.engine.devices import visible_gpus
from harness.errors import UsageError

CONNECT_SECONDS = 5.0
"""How long whoever is at an address may take to answer at all."""

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""How a client of HTTP/2 begins (RFC 9113, 3.4): the words, and settings without any."""


class Session:
    """A connection to Ray.

    ``address`` is that of a Ray that is there, which is joined at once and left running in the end.
    Without one a Ray is started on this machine by :meth:`open`, and ended by :meth:`close`. A
    program that has joined one already keeps it.
    """

    def __init__(self, address: str | None) -> None:
        _quiet()
        import ray

        self._ray = ray
        self._joined = self._started = False
        self._place: Place | None = None
        self._terminated = Terminated()
        address = address or os.environ.get("RAY_ADDRESS") or None
        if ray.is_initialized():
            self._own = False
            return
        self._own = address is None or address == "local"
        if not self._own:
            assert address is not None
            self._join(address)

    @property
    def nodes(self) -> list[Node]:
        """The machines that there are, or this one where Ray is yet to be started."""
        if self._own and not self._started:
            return [Node(float(_cpus()), float(len(visible_gpus())))]
        found = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        return [Node(each.get("CPU", 0.0), each.get("GPU", 0.0)) for each in found]

    @property
    def free(self) -> str:
        """What nobody has reserved, in words."""
        found = self._ray.available_resources()
        return f"{found.get('CPU', 0):g} CPUs and {found.get('GPU', 0):g} GPUs"

    def open(self) -> None:
        """Start Ray on this machine, unless one is joined."""
        if not self._own or self._started:
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        self._place = Place.made()
        self._started = True
        self._ray.init(
            address="local",
            num_cpus=_cpus(),
            num_gpus=len(visible_gpus()),
            include_dashboard=False,
            _node_ip_address="127.0.0.1",  # it is nobody's but ours
            _temp_dir=str(self._place.path),
            **_named(),
        )
        self._terminated.take()

    def close(self) -> None:
        """Leave a Ray that was there; end one of our own, and remove what it kept."""
        was_here = self._started or self._joined
        if was_here:
            self._ray.shutdown()
        if self._place is not None:
            self._place.remove()
        self._started = self._joined = False
        self._place = None
        if was_here:
            self._terminated.leave()

    def _join(self, address: str) -> None:
        if address != "auto":
            _check_there(address)
        try:
            self._ray.init(address=address, **_named())
        except ConnectionError as error:
            raise UsageError(
                f"no Ray is running here (--ray-address {address})", fix=START
            ) from error
        except (RuntimeError, ValueError, AssertionError) as error:
            said = " ".join(str(error).split())
            raise UsageError(f"Ray at {address}: {said}", fix=_advice(error)) from error
        except SystemExit as error:  # how Ray ends a program whose cluster does not answer
            raise UsageError(f"Ray at {address} does not answer", fix=START) from error
        self._joined = True
        self._terminated.take()


START = "Start one with 'ray start --head', or leave out --ray-address"


def _named() -> dict[str, Any]:
    """A namespace of its own, since others may be at work there; nothing is told of the workers."""
    return {
        "namespace": f"marginbench-{uuid4().hex}",
        "log_to_driver": False,
        "logging_level": "error",
        "configure_logging": False,
    }


def _quiet() -> None:
    """Keep what Ray says of its processes off our output; read when it is imported."""
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_there(address: str) -> None:
    """Raise :class:`UsageError` unless a server of gRPC answers: Ray itself waits two minutes."""
    if address.startswith("ray://"):
        raise UsageError(
            f"{address} is the address of Ray Client, which has no part in a cluster",
            fix="Run on a node of it with --ray-address auto, or by 'ray job submit'",
        )
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"Ray's address {address!r} is neither HOST:PORT nor auto", fix=START)
    try:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS) as asked:
            if os.environ.get("RAY_USE_TLS", "0") != "0":  # then it answers to nobody unknown
                return
            asked.sendall(_PREFACE)
            answer = asked.recv(9)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"no Ray at {address} ({why})", fix=START) from error
    if len(answer) < 4 or answer[3] != 4:  # the first frame tells settings
        raise UsageError(f"what answers at {address} is no Ray", fix=START)


def _advice(error: BaseException) -> str:
    if "ersion mismatch" in str(error):
        return "Install the same versions of Ray and Python on every node"
    return START
