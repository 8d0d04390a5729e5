"""The environments that other pipelines are installed in: none of their packages comes into ours."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Venv:
    """``ours``: our packages are seen from within, which spares a second torch; not where versions clash."""

    name: str
    packages: tuple[str, ...]
    ours: bool


LANGCHAIN = Venv("langchain", ("langchain-community==0.4.2", "langchain-classic==1.0.8", "rank-bm25==0.2.2"), ours=True)
RAGLITE = Venv(
    "raglite",
    ("raglite==1.1.1", "duckdb==1.5.5", "duckdb-extension-fts==1.5.5", "duckdb-extension-vss==1.5.5", "pandas==2.3.3"),
    ours=False,
)
"""RAGLite does not ask for pandas. Without it DuckDB looks for it on disk once a number of every vector, and a build takes
twenty times as long."""


def python_of(venv: Venv, folder: Path) -> tuple[Path | None, str]:
    """The interpreter of the environment under ``folder``, which is made where it is missing or lists other packages;
    or None, and why in one line."""
    home = folder / venv.name
    python, ready = home / "bin" / "python", home / "packages.txt"
    wanted = "\n".join(venv.packages)
    if ready.exists() and ready.read_text(encoding="utf-8") == wanted:
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
    ready.write_text(wanted, encoding="utf-8")
    return python, ""


def _run(command: Sequence[str]) -> tuple[str, str]:
    """What it printed, and the last line of its complaint where it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return done.stdout.strip(), (said[-1] if said else "no reason given") if done.returncode else ""
