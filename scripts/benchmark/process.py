"""Measurements in processes of their own."""

import asyncio
from collections.abc import Mapping
import gc
import json
import os
from pathlib import Path
import sys
from typing import Any

from scripts.benchmark.core import BenchmarkError
from scripts.live.rt import ROOT


async def in_a_process(module: str, data: Mapping[str, Any]) -> dict[str, float]:
    """Run a module, which reads data and writes figures, both as JSON."""
    # Compiled code is kept, as it is on a user's machine.
    unwanted = "PYTHONDONTWRITEBYTECODE"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != unwanted},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate(json.dumps(data).encode())
    if process.returncode:
        raise BenchmarkError(errors.decode())
    figures: dict[str, float] = json.loads(output)
    return figures


def resident_mb() -> float:
    """Return how much memory this process has."""
    gc.collect()
    return _status_mb("VmRSS")


def peak_mb() -> float:
    """Return how much memory this process had at the most in all its life."""
    return _status_mb("VmHWM")


def _status_mb(name: str) -> float:
    """Return a figure that the kernel keeps of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    figures = dict(line.split(":", 1) for line in lines)
    return int(figures[name].split()[0]) / 1024
