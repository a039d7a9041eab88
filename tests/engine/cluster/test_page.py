"""The recipes for Ray of ``docs/cluster.md``: read by a shell and a schema, and run here.

It comes before the other files by its name: while their Ray is there no other can be started.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.sharding import OVERLAP, ROOT, whole_run, write_collection
from tests.engine.cluster.running import Running, start

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


(SCRIPT,) = (script for script in blocks("bash") if "ray symmetric-run" in script)
(MANIFEST,) = blocks("yaml")


def test_a_shell_reads_the_script() -> None:
    done = subprocess.run(["bash", "-n"], input=SCRIPT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(OVERLAP)
    write_collection(tmp_path / "data" / "tiny", queries=12)
    return path


def put(text: str, changes: list[tuple[str, str]]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_the_script_runs_on_one_machine(model: Path, tmp_path: Path) -> None:
    """``ray symmetric-run`` ends with ``ray stop``, which stops whatever Ray there is."""
    if find_spec("ray") is None:
        pytest.skip("ray is not installed: pip install -e '.[ray]'")
    if any("raylet" in process.name() for process in psutil.process_iter()):
        pytest.skip("a Ray is running on this machine, and 'ray stop' would end it")
    script = put(
        SCRIPT,
        [
            ("cross-encoder:./ckpt", f"python:{model}"),
            ("--suite reranking", "--task reranking/folder"),
            ('"$HOME/data"', '"$HOME/data/tiny"'),
            ("6379", "26379"),
        ],
    )
    (tmp_path / "bin").mkdir()
    for name, text in (
        ("marginbench", f'exec "{sys.executable}" -m harness "$@"'),
        ("ray", f'exec "{sys.executable}" -m ray.scripts.scripts "$@"'),
        ("srun", 'exec "$@"'),
        ("scontrol", "echo 127.0.0.1"),
    ):
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/bash\n{text}\n")
        program.chmod(0o755)
    environment = {
        **os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "SLURM_JOB_NODELIST": "one",
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "SLURM_JOB_NUM_NODES": "1",
        "SLURM_CPUS_PER_TASK": "2", "RAY_USAGE_STATS_ENABLED": "0",
    }  # fmt: skip
    done = subprocess.run(
        ["bash"], input=script, cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert whole_run(tmp_path / "runs").name.startswith("reranking.folder.tiny-")


def test_the_manifest_is_a_rayjob() -> None:
    yaml = pytest.importorskip("yaml", reason="comes with ray")
    jsonschema = pytest.importorskip("jsonschema", reason="comes with ray")
    manifest = yaml.safe_load(MANIFEST)
    jsonschema.Draft202012Validator.check_schema(RAYJOB)
    jsonschema.validate(manifest, RAYJOB)
    groups = manifest["spec"]["rayClusterSpec"]
    pods = [groups["headGroupSpec"], *groups["workerGroupSpecs"]]
    for pod in (group["template"]["spec"] for group in pods):
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            asked, most = (container["resources"][name] for name in ("requests", "limits"))
            assert asked.get("nvidia.com/gpu") == most.get("nvidia.com/gpu"), "never overcommitted"
    images = {c["image"] for group in pods for c in group["template"]["spec"]["containers"]}
    assert len(images) == 1, "the same versions everywhere"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "entryPoint"), "x"),
        (("spec", "backoffLimit"), "2"),
        (("spec", "rayClusterSpec", "headGroupSpec", "rayStartParams", "num-cpus"), 0),
        (("spec", "rayClusterSpec", "workerGroupSpecs", 0, "groupName"), None),
    ],
)
def test_the_schema_tells_what_is_none(path: tuple[Any, ...], value: Any) -> None:
    yaml = pytest.importorskip("yaml", reason="comes with ray")
    jsonschema = pytest.importorskip("jsonschema", reason="comes with ray")
    manifest: Any = yaml.safe_load(MANIFEST)
    place = manifest
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest, RAYJOB)


def test_the_entrypoint_runs(running: Running, model: Path, tmp_path: Path) -> None:
    import yaml

    text = put(
        yaml.safe_load(MANIFEST)["spec"]["entrypoint"],
        [
            ("cross-encoder:/work/ckpt", f"python:{model}"),
            ("--suite reranking", "--task reranking/folder"),
            ("/work/data", f"{tmp_path}/data/tiny"),
            ("/work/runs", f"{tmp_path}/runs"),
            ("--ray-address auto", f"--ray-address {running.address}"),
        ],
    )
    program, *words = shlex.split(text)
    assert program == "marginbench"
    start(words).ended()
    assert whole_run(tmp_path / "runs").name.startswith("reranking.folder.tiny-")


def of(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


WORD, COUNT = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}
WORDS = {"type": "object", "additionalProperties": {"type": "string"}}
QUANTITIES = {
    "type": "object",
    "additionalProperties": {"type": "string", "pattern": r"^[0-9.]+([KMGTP]i|m)?$"},
}
CONTAINER = of(
    {
        "name": {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
        "image": WORD,
        "resources": of({"requests": QUANTITIES, "limits": QUANTITIES}),
        "volumeMounts": {
            "type": "array", "items": of({"name": WORD, "mountPath": WORD}, "name", "mountPath"),
        },
    },
    "name", "image",
)  # fmt: skip
VOLUME = of({"name": WORD, "persistentVolumeClaim": of({"claimName": WORD}, "claimName")}, "name")
LIST = {"type": "array", "minItems": 1}
POD = of(
    {"spec": of({"containers": {**LIST, "items": CONTAINER}, "volumes": {**LIST, "items": VOLUME}},
                "containers")},
    "spec",
)  # fmt: skip
RAYJOB = of(
    {
        "apiVersion": {"const": "ray.io/v1"},
        "kind": {"const": "RayJob"},
        "metadata": of({"name": {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]{0,45})$"}}),
        "spec": of(
            {
                "entrypoint": WORD,
                "shutdownAfterJobFinishes": {"type": "boolean"},
                "ttlSecondsAfterFinished": COUNT,
                "activeDeadlineSeconds": COUNT,
                "backoffLimit": COUNT,
                "submissionMode": {"enum": ["K8sJobMode", "HTTPMode", "InteractiveMode"]},
                "runtimeEnvYAML": WORD,
                "rayClusterSpec": of(
                    {
                        "rayVersion": WORD,
                        "enableInTreeAutoscaling": {"type": "boolean"},
                        "headGroupSpec": of(
                            {"rayStartParams": WORDS, "template": POD}, "rayStartParams", "template"
                        ),
                        "workerGroupSpecs": {
                            **LIST,
                            "items": of(
                                {
                                    "groupName": WORD, "replicas": COUNT, "minReplicas": COUNT,
                                    "maxReplicas": COUNT, "rayStartParams": WORDS, "template": POD,
                                },
                                "groupName", "minReplicas", "maxReplicas", "rayStartParams",
                                "template",
                            ),
                        },
                    },
                    "headGroupSpec",
                ),
            },
            "entrypoint", "rayClusterSpec",
        ),
    },
    "apiVersion", "kind", "metadata", "spec",
)  # fmt: skip
"""What of a RayJob the page uses, by the fields of KubeRay's ``RayJobSpec`` and ``RayClusterSpec``
(ray-operator/apis/ray/v1) and of Kubernetes' pods: all of them, and whether one has to be there."""
