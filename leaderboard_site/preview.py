"""A look at a built site through a server on this machine."""

from __future__ import annotations

import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

from harness.errors import UsageError


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder, never kept by the browser; a missing page is the site's own 404."""

    def end_headers(self) -> None:
        """Nothing is kept, so that a rebuilt page is seen at once."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests of one's own browser are not worth a line."""


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of a folder that only this machine can reach; port 0 takes any free one.

    Raises :class:`UsageError` when the port is taken.
    """
    handler = functools.partial(_Handler, directory=str(folder))
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"port {port} cannot be had ({error})", fix="Choose another one with --port"
        ) from error


def serve(folder: Path, port: int) -> None:
    """Serve a folder until Ctrl-C."""
    with server(folder, port) as running:
        click.echo(f"http://127.0.0.1:{running.server_address[1]}/index.html  (Ctrl-C stops)")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped")
