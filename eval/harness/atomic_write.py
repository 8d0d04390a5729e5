"""A text -> a file that holds all of it, or is as it was before."""

from __future__ import annotations

import os
from pathlib import Path

from rag.errors import BadInput


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` beside ``path``, then rename. Raise BadInput if it cannot be written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise not_writable(path, error) from error
    finally:
        if temporary.exists():
            temporary.unlink()


def not_writable(path: Path, error: OSError) -> BadInput:
    """Return the error to raise for a path that cannot be written."""
    return BadInput(f"{path} cannot be written ({error.strerror or error}): name another folder with --out.")
