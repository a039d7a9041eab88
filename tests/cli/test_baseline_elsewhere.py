"""Files of a baseline that lie elsewhere: fetched over https, held to their digests, kept."""

from __future__ import annotations

import http.server
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from harness.compare import planned
from tests.cli.conftest import Command
from tests.cli.test_bad_input import one_line
from tests.cli.test_baseline import files, run

__all__ = ["run"]

Runs = Callable[..., Path]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of a folder; what lies below ``plain`` leads to an address without encryption."""

    def do_GET(self) -> None:
        if self.path.startswith("/plain/"):
            self.send_response(302)
            self.send_header("Location", "http://localhost:9" + self.path)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """An https server of this machine with a certificate of its own, and the folder it serves."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    key, certificate, root = (tmp_path / name for name in ("key.pem", "cert.pem", "served"))
    root.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out",
         str(certificate), "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = http.server.ThreadingHTTPServer(("localhost", 0), partial(Quiet, directory=str(root)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("MARGINBENCH_CACHE", str(tmp_path / "cache"))
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield f"https://localhost:{server.server_port}", root
    server.shutdown()
    server.server_close()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table is too large to be committed."""
    monkeypatch.setattr(planned, "MOST_BYTES", 10)


@pytest.mark.usefixtures("large")
def test_large_files_lie_elsewhere_and_are_compared(
    command: Command, run: Runs, tmp_path: Path, served: tuple[str, Path]
) -> None:
    url, root = served
    base, upload, side = tmp_path / "base", tmp_path / "upload", run("one", 2)
    typed = ("baseline", "update", side, "--to", base, "--url", url, "--upload", upload)
    done = command(*typed)
    assert done.code == 0, done.err
    assert f"upload what is in {upload}" in done.out
    assert sorted(Path(name).name for name in files(base)) == ["baseline.json", "record.json"]
    sent = {path.name for path in upload.iterdir()}
    assert {name.split(".")[-2] for name in sent} == {"groups", "predictions"}
    # Before it is uploaded, nothing can be compared.
    worse, same = run("worse", 20), run("same", 2)
    done = command("compare", base, worse)
    assert (done.code, "cannot be had (404" in one_line(done.err)) == (3, True)
    for path in upload.iterdir():
        shutil.copy(path, root / path.name)
    assert command("compare", base, worse).code == 1
    done = command("compare", base, same, "--max-nfr", "10%")
    assert done.code == 0, done.out + done.err
    # What was had once is kept, by its digest.
    for path in root.iterdir():
        path.unlink()
    assert command("compare", base, worse).code == 1
    # The same again changes no byte, and needs no address.
    before = files(base)
    assert command("baseline", "update", side, "--to", base).code == 0
    assert files(base) == before
    assert command("baseline", "update", base, "--to", base).code == 0
    assert files(base) == before
    shutil.rmtree(tmp_path / "cache")
    assert command("compare", base, worse).code == 3


@pytest.mark.usefixtures("large")
def test_another_file_at_the_address_is_refused(
    command: Command, run: Runs, tmp_path: Path, served: tuple[str, Path]
) -> None:
    url, root = served
    base, side = tmp_path / "base", run("one", 2)
    typed = ("baseline", "update", side, "--to", base, "--url", url, "--upload", root)
    assert command(*typed).code == 0
    (table,) = root.glob("*groups.parquet")
    good = table.read_bytes()
    for bad in (good + b"x", good[:-1], b"", bytes([good[0] ^ 1]) + good[1:], good * 1000):
        table.write_bytes(bad)
        done = command("compare", base, side)
        assert done.code == 2
        assert "holds another file than the one wanted" in one_line(done.err)
    table.write_bytes(good)
    assert command("compare", base, side).code == 0
    # A copy that has rotted is had again.
    (kept,) = [p for p in (tmp_path / "cache" / "files").iterdir() if p.read_bytes() == good]
    kept.write_bytes(good[::-1])
    assert command("compare", base, side).code == 0
    assert kept.read_bytes() == good


@pytest.mark.usefixtures("large")
def test_without_a_network_and_without_https(
    command: Command, run: Runs, tmp_path: Path, served: tuple[str, Path]
) -> None:
    url, root = served
    base, side = tmp_path / "base", run("one", 2)
    typed = ("baseline", "update", side, "--to", base, "--url", url, "--upload", root)
    assert command(*typed).code == 0
    index = base / "baseline.json"
    text = index.read_text()
    index.write_text(text.replace(url, "https://localhost:1"))
    done = command("compare", base, side)
    assert (done.code, "cannot be had" in one_line(done.err)) == (3, True)
    index.write_text(text.replace(url, f"{url}/plain"))
    done = command("compare", base, side)
    assert (done.code, "which is not of https" in one_line(done.err)) == (2, True)
    for other in ("http://localhost", "file:///etc", "HTTPS://localhost"):
        index.write_text(text.replace(url, other))
        done = command("compare", base, side)
        assert (done.code, "is damaged" in one_line(done.err)) == (2, True)
    data = json.loads(text)
    (entry,) = data["tasks"].values()
    for one in entry["elsewhere"].values():
        one["sha256"] = "0" * 64
    index.write_text(json.dumps(data))
    done = command("compare", base, side)
    assert (done.code, "tells of another" in one_line(done.err)) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--url", "https://example.org"), "--url and --upload go together"),
        (("--upload", "up"), "--url and --upload go together"),
        (("--url", "http://example.org", "--upload", "up"), "is no address"),
        (("--url", "https://a b", "--upload", "up"), "is no address"),
        (("--url", "https://a", "--upload", "up", "--records-only"), "--url means nothing"),
    ],
)
def test_addresses_are_checked_first(
    command: Command, run: Runs, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    done = command("baseline", "update", run("one", 2), "--to", tmp_path / "base", *options)
    assert (done.code, said in one_line(done.err)) == (2, True)
    assert not (tmp_path / "base").exists()


def test_small_files_stay_beside_the_record(command: Command, run: Runs, tmp_path: Path) -> None:
    base, upload = tmp_path / "base", tmp_path / "up"
    typed = ("--to", base, "--url", "https://example.org", "--upload", upload)
    done = command("baseline", "update", run("one", 2), *typed)
    assert done.code == 0
    assert not upload.exists()
    assert command("compare", base, run("two", 2)).code == 0
