from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.support.checkpoints import digest_folder, resolve
from harness.errors import UsageError
from harness.fingerprint import digest_files

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def _folder(path: Path, **files: str) -> Path:
    for name, content in ({"config.json": "{}", "model.safetensors": "weights"} | files).items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return path


def test_digest_depends_on_content_and_name_only(tmp_path: Path) -> None:
    one, other = _folder(tmp_path / "one"), _folder(tmp_path / "other")
    assert digest_folder(one) == digest_folder(other)
    (other / "model.safetensors").write_text("weightz")
    assert digest_folder(one) != digest_folder(other)
    (other / "model.safetensors").unlink()
    (other / "model2.safetensors").write_text("weights")
    assert digest_folder(one) != digest_folder(other)


@pytest.mark.parametrize(
    "name", ["README.md", "LICENSE", ".gitattributes", ".git/HEAD", "optimizer.pt",
             "flax_model.msgpack", "sub/tf_model.h5", "__pycache__/x.pyc", "curve.png"]
)  # fmt: skip
def test_files_that_cannot_move_a_score_do_not_count(tmp_path: Path, name: str) -> None:
    folder = _folder(tmp_path)
    before = digest_folder(folder)
    _folder(tmp_path, **{name: "whatever"})
    assert digest_folder(folder) == before


@pytest.mark.parametrize(
    "name", ["tokenizer.json", "1_Pooling/config.json", "modeling_custom.py", "merges.txt"]
)
def test_files_that_may_move_a_score_count(tmp_path: Path, name: str) -> None:
    folder = _folder(tmp_path)
    before = digest_folder(folder)
    _folder(tmp_path, **{name: "whatever"})
    assert digest_folder(folder) != before


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    plain = _folder(tmp_path / "plain", **{"part/a.bin": "a"})
    linked = tmp_path / "linked"
    linked.mkdir()
    for name in ("config.json", "model.safetensors", "part"):
        (linked / name).symlink_to(plain / name)
    assert digest_folder(linked) == digest_folder(plain)
    (plain / "loop").symlink_to(plain)
    assert digest_folder(plain) == digest_folder(linked)


def test_digest_of_a_folder_is_the_digest_of_its_files(tmp_path: Path) -> None:
    folder = _folder(tmp_path, **{"part/a.bin": "a"})
    names = ["part/a.bin", "model.safetensors", "config.json"]
    assert digest_folder(folder) == digest_files({name: folder / name for name in names})


def test_local_folder_is_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _folder(tmp_path / "ckpt")
    monkeypatch.chdir(tmp_path)
    for written in ("ckpt", "./ckpt", str(tmp_path / "ckpt")):
        found = resolve(written)
        assert (found.name, found.revision) == ("ckpt", None)
        assert found.digest() == digest_folder(tmp_path / "ckpt")
    with pytest.raises(UsageError, match="has no revision"):
        resolve("ckpt", revision="main")


@pytest.mark.parametrize(
    "name", ["./missing", "../missing", "/no/such/folder", "~/missing-ckpt", "missing", "a/b/c",
             "org/name@", "org name/x"]
)  # fmt: skip
def test_what_is_no_folder_and_no_hub_name_is_refused_at_once(name: str) -> None:
    with pytest.raises(UsageError, match=r"no folder .* hub name written org/name"):
        resolve(name)


def test_no_checkpoint_at_all_is_said_to_be_none() -> None:
    with pytest.raises(UsageError, match=r"no checkpoint is given.* hub name written org/name"):
        resolve("")


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_text("x")
    with pytest.raises(UsageError, match="is a file; a checkpoint is a folder"):
        resolve(str(tmp_path / "model.bin"))


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("x")
    with pytest.raises(UsageError, match="holds no checkpoint"):
        resolve(str(tmp_path)).digest()


def test_commit_hash_stands_for_itself() -> None:
    for found in (resolve(f"org/name@{COMMIT}"), resolve("org/name", revision=COMMIT)):
        assert (found.path, found.source, found.revision) == (None, "org/name", COMMIT)
        assert found.digest() == COMMIT
    with pytest.raises(UsageError, match="two revisions"):
        resolve(f"org/name@{COMMIT}", revision="main")


@pytest.fixture
def offline_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache on a machine that must not ask the network."""
    pytest.importorskip("huggingface_hub.file_download", exc_type=ImportError)
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path


def test_branch_in_the_local_cache_is_its_commit(offline_cache: Path) -> None:
    repository = offline_cache / "models--org--name"
    _folder(repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    assert resolve("org/name").digest() == COMMIT
    with pytest.raises(UsageError):
        resolve("org/name@other-branch")


def test_hub_name_without_cache_and_network_is_one_line(offline_cache: Path) -> None:
    with pytest.raises(UsageError, match=r"hub did not answer .*hf download org/name") as caught:
        resolve("org/name")
    assert "\n" not in str(caught.value)
