"""Which processors there are, and how a worker claims one before torch is imported."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from collections.abc import Sequence

from harness.engine.visible import Visible, amd_gpus, listed, visible
from harness.errors import UsageError

DEVICES = "Use auto, cpu, cuda, cuda:0 or cuda:0,1; cpu,cpu starts two workers"


def parse_devices(text: str, *, usable: Sequence[str] = ("cpu", "cuda")) -> list[str]:
    """One device name per worker from ``auto``, ``cpu``, ``cuda`` or ``cuda:0,1``.

    ``auto`` is every visible GPU, or the CPU when there is none or the adapter cannot use it.
    ``cpu,cpu`` starts two workers on the CPU. Raises :class:`UsageError` for anything else,
    for a GPU that is not there, and for a kind of device that the adapter cannot use.
    """
    if text == "auto":
        gpus = visible_gpus() if "cuda" in usable else []
        return [f"cuda:{index}" for index in range(len(gpus))] or ["cpu"]
    kind, _, indices = text.partition(":")
    if kind == "cuda":
        return _cuda_devices(text, indices, usable)
    names = text.split(",")
    if any(name != "cpu" for name in names):
        raise UsageError(f"unknown device {text!r}", fix=DEVICES)
    return names


def _cuda_devices(text: str, indices: str, usable: Sequence[str]) -> list[str]:
    if "cuda" not in usable:
        raise UsageError("this adapter runs on the CPU only", fix="Use --device cpu")
    count = len(visible_gpus())
    if not count:
        raise UsageError(f"--device {text}: no GPU is visible here", fix="Use --device cpu")
    if not indices:
        return ["cuda:0"]
    if not all(part.isdecimal() for part in indices.split(",")):
        raise UsageError(f"unknown device {text!r}", fix="Use cuda:0 or cuda:0,1")
    chosen = [int(part) for part in indices.split(",")]
    beyond = [index for index in chosen if index >= count]
    if beyond or len(set(chosen)) < len(chosen):
        raise UsageError(f"--device {text}: there are {count} visible GPUs, numbered from 0")
    return [f"cuda:{index}" for index in chosen]


def visible_gpus() -> list[str]:
    """Identifiers of the GPUs this process may use, without importing torch."""
    return list(_visible().ids)


def _visible() -> Visible:
    return visible(os.environ, _nvidia_gpus, amd_gpus)


def _nvidia_gpus() -> tuple[str, ...]:
    return listed(_driver_says("-L"))


BFLOAT16_SINCE = 8.0
"""Compute capability of the first GPUs by NVIDIA that calculate in bfloat16 (Ampere, 2020)."""

_ASK_TORCH = (
    "import torch\n"
    "for n in range(torch.cuda.device_count()):\n"
    "    torch.cuda.set_device(n)\n"
    "    print(int(torch.cuda.is_bf16_supported(including_emulation=False)))\n"
)


def has_bfloat16(devices: Sequence[str]) -> bool:
    """Whether all of these are GPUs that calculate in bfloat16, without importing torch here.

    Where the driver's tool does not tell, or tells of several kinds, a process of its own asks
    torch, so that no GPU is taken by this one.
    """
    if not devices or any(kind.partition(":")[0] != "cuda" for kind in devices):
        return False
    try:
        told = {float(line) >= BFLOAT16_SINCE for line in _nvidia_smi("compute_cap")}
    except ValueError:  # "[N/A]", or a driver too old to know the question
        told = set()
    if len(told) == 1:
        return told.pop()
    command = [sys.executable, "-c", _ASK_TORCH]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    known = done.stdout.split()
    asked = [int(kind.partition(":")[2] or 0) for kind in devices]
    return all(number < len(known) and known[number] == "1" for number in asked)


def claim(device: str) -> str:
    """Make ``device`` this process's own and return the name to load the model with.

    All others are hidden by the variable that counts here (see :mod:`harness.engine.visible`), so
    that no library can touch another one; once torch has been imported that has no effect, and the
    numbered name is kept.
    """
    kind, _, index = device.partition(":")
    if kind != "cuda" or "torch" in sys.modules:
        return device
    os.environ.update(_visible().only(int(index or 0)))
    return "cuda"


def device_name(device: str) -> str:
    """A human name of the processor or GPU behind a device."""
    if device.startswith("cuda"):
        torch = sys.modules.get("torch")
        if torch is not None:
            return str(torch.cuda.get_device_name(device))
        return next(iter(_nvidia_smi("name")), "unknown GPU")
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return f"{line.partition(':')[2].strip()} ({os.cpu_count()} cores)"
    except OSError:
        pass
    return f"{platform.processor() or platform.machine()} ({os.cpu_count()} cores)"


def peak_memory() -> int:
    """Peak resident memory of this process in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_device_memory() -> int | None:
    """Peak memory torch took on this process's GPU in bytes; ``None`` without torch and a GPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return int(torch.cuda.max_memory_allocated())


def _nvidia_smi(field: str) -> list[str]:
    """One line per GPU; empty where there is no driver."""
    answer = _driver_says(f"--query-gpu={field}", "--format=csv,noheader")
    return [line.strip() for line in answer.splitlines() if line.strip()]


def _driver_says(*words: str) -> str:
    """What NVIDIA's own tool says; nothing where there is no driver."""
    try:
        answer = subprocess.run(
            ["nvidia-smi", *words], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout
