"""Whether the predictions in a run folder are those that were made there.

Their sha256 stands in the journal of a run, in the manifest of a scored file, and in every record.
Scoring others would sign whatever has become of the file, and nothing could tell any more.
"""

from __future__ import annotations

from typing import Any

from harness.errors import InvalidError
from harness.files import read_regular, sha256_file
from harness.runs.folder import RunFolder, read_manifest
from harness.runs.journal import Journal
from harness.strict_json import load_plain
from harness.tasks.reading.content import check_bounds

SIGNED = "predictions_sha256"
"""Key of a manifest: the digest of the predictions that a file was turned into."""

ACCEPT = "--accept-changed-predictions"


def check_predictions(folder: RunFolder) -> None:
    """Refuse predictions that neither run nor record knows; silent where nothing is known of them.

    Raises :class:`InvalidError` in one line, and as
    :func:`~harness.tasks.reading.content.check_bounds` does.
    """
    known = signed_predictions(folder)
    if not known or not folder.predictions.is_file():
        return
    check_bounds(folder.predictions)
    found = sha256_file(folder.predictions)
    if found in known:
        return
    raise InvalidError(
        f"{folder.predictions} was changed after it was made (sha256 {found[:12]}, not "
        f"{' or '.join(sorted(digest[:12] for digest in known))})",
        fix="Delete it and run evaluate again, which keeps finished parts, or take it as it is: "
        f"marginbench score {folder.path} {ACCEPT}",
    )


def signed_predictions(folder: RunFolder) -> set[str]:
    """Digests of predictions that the folder's files tell of.

    Raises :class:`InvalidError` when the journal or the manifest is damaged.
    """
    found = [Journal.read(folder).predictions, _of_record(folder)]
    if folder.manifest.exists():
        found.append(read_manifest(folder.manifest).get(SIGNED))
    return {digest for digest in found if isinstance(digest, str) and digest}


def _of_record(folder: RunFolder) -> Any:
    # A record that cannot be read is about to be made again: it is no reason to stop.
    try:
        data = load_plain(read_regular(folder.record))
        return data["predictions"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
