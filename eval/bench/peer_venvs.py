"""The environments of other pipelines, so that none of their packages is installed in ours."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Venv:
    """``ours``: the environment also sees our packages, which saves a second torch; impossible where versions conflict."""

    name: str
    packages: tuple[str, ...]
    ours: bool


LANGCHAIN = Venv("langchain", ("langchain-community==0.4.2", "langchain-classic==1.0.8", "rank-bm25==0.2.2"), ours=True)
RAGLITE = Venv(
    "raglite",
    ("raglite==1.1.1", "duckdb==1.5.5", "duckdb-extension-fts==1.5.5", "duckdb-extension-vss==1.5.5", "pandas==2.3.3"),
    ours=False,
)
"""RAGLite does not require pandas. Without it, DuckDB searches the disk for it once for every number of every vector, and
a build takes twenty times as long."""


def python_of(venv: Venv, folder: Path) -> tuple[Path | None, str]:
    """Return the interpreter of the environment under ``folder`` and "", or None and the reason in one line.

    The environment is created if it is missing or was made for other packages.
    """
    home = folder / venv.name
    python, ready = home / "bin" / "python", home / "packages.txt"
    packages = "\n".join(venv.packages)
    if ready.exists() and ready.read_text(encoding="utf-8") == packages:
        return python, ""
    _, why = _run([sys.executable, "-m", "venv", "--clear", str(home)])
    if not why and venv.ours:
        inside, why = _run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
        if not why:
            (Path(inside) / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    if not why:
        _, why = _run(
            [
                str(python),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--retries",
                "1",
                "--timeout",
                "30",
                *venv.packages,
            ]
        )
    if why:
        return None, f"{venv.name} is left out, its packages cannot be installed: {why}"
    ready.write_text(packages, encoding="utf-8")
    return python, ""


def _run(command: Sequence[str]) -> tuple[str, str]:
    """Return the output and, if the command failed, the last line of its error output."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return done.stdout.strip(), (lines[-1] if lines else "no reason given") if done.returncode else ""
