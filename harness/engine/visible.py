"""Which GPUs this process may use, by what variables of the environment say, without torch.

NVIDIA's CUDA heeds ``CUDA_VISIBLE_DEVICES``: numbers, UUIDs (``GPU-...``) or the parts of a GPU
that MIG makes (``MIG-...``), of which a process sees one at most. AMD's HIP heeds
``HIP_VISIBLE_DEVICES``, else ``CUDA_VISIBLE_DEVICES``, among what ``ROCR_VISIBLE_DEVICES`` leaves.
Sources: CUDA C++ Programming Guide, "CUDA Environment Variables"; NVIDIA MIG User Guide, "Device
Enumeration"; ROCm documentation, "GPU isolation techniques".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

CUDA, HIP, ROCR = "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"

AMD_NODES = Path("/sys/class/kfd/kfd/topology/nodes")
"""Where the driver of AMD's GPUs tells of them; its processors are there too."""

_ID = re.compile(r"[0-9]+|GPU-[0-9A-Za-z-]+|MIG-[0-9A-Za-z/-]+")


@dataclass(frozen=True, slots=True)
class Visible:
    """Identifiers of GPUs, and the variable that leaves one of them visible."""

    variable: str
    ids: tuple[str, ...]

    def only(self, place: int) -> dict[str, str]:
        """What a process sets to have one of them for itself, whose number is then 0."""
        return {self.variable: self.ids[place]}


def visible(
    environment: Mapping[str, str],
    nvidia: Callable[[], Sequence[str]],
    amd: Callable[[], Sequence[str]],
) -> Visible:
    """The GPUs of this process. ``nvidia`` and ``amd`` list those of the machine, if asked.

    Raises :class:`UsageError` for a variable that names one twice: libraries then see none.
    """
    if CUDA in environment and HIP not in environment:  # means the same to both makers' libraries
        return Visible(CUDA, parse_ids(CUDA, environment[CUDA]))
    if found := tuple(nvidia()):
        told = CUDA in environment
        return Visible(CUDA, parse_ids(CUDA, environment[CUDA]) if told else found)
    for variable in (HIP, ROCR):  # the one that is heeded last counts
        if variable in environment:
            return Visible(variable, parse_ids(variable, environment[variable]))
    return Visible(HIP, tuple(amd()))


def parse_ids(variable: str, text: str) -> tuple[str, ...]:
    """Identifiers up to the first that is none (``-1``, ``NoDevFiles``), as the libraries read."""
    found: list[str] = []
    for part in text.split(","):
        if not _ID.fullmatch(part.strip()):
            break
        found.append(part.strip())
    twice = next((one for one in found if found.count(one) > 1), None)
    if twice is not None:
        raise UsageError(
            f"{variable} names GPU {twice} twice, and so hides all of them",
            fix=f"Set it to {','.join(dict.fromkeys(found))}",
        )
    return tuple(found)


def listed(answer: str) -> tuple[str, ...]:
    """Identifiers from what ``nvidia-smi -L`` prints: of a GPU that MIG has cut, its parts.

    Numbers where there is no MIG at all; else UUIDs, since numbers then do not count the parts.
    """
    found: list[list[str]] = []
    for line in answer.splitlines():
        uuid = re.search(r"\(UUID: ((?:GPU|MIG)-[0-9A-Za-z/-]+)\)", line)
        if line.startswith("GPU "):
            found.append([uuid[1] if uuid else str(len(found))])
        elif uuid and found:
            found[-1].append(uuid[1])
    if all(len(ids) == 1 for ids in found):
        return tuple(map(str, range(len(found))))
    return tuple(one for ids in found for one in (ids[1:] or ids))


def amd_gpus(nodes: Path = AMD_NODES) -> tuple[str, ...]:
    """Numbers of AMD's GPUs, from what their driver tells."""
    count = 0
    for path in sorted(nodes.glob("*/properties")):
        try:
            told = re.search(r"^simd_count ([0-9]+)$", path.read_text(), re.MULTILINE)
        except (OSError, UnicodeDecodeError):  # a node that this user may not use
            continue
        count += told is not None and int(told[1]) > 0
    return tuple(map(str, range(count)))
