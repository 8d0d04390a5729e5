"""stamps.json: stamps of unchanged files that the segments do not hold.

A file has no stamp in its segment when it was read just after it was written, and an outdated one after it was copied.
If stamps.json is lost or cannot be written, these files are hashed once more and nothing else is lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rag.schema import File

_FILE = "stamps.json"


def with_stamps(index_dir: Path, known: Mapping[str, File]) -> dict[str, File]:
    """Return the records with the saved stamps in place of their own."""
    stamps = _read(index_dir)
    return {
        home: replace(file, stamp=stamps[home][1]) if home in stamps and stamps[home][0] == file.sha256 else file
        for home, file in known.items()
    }


def save_stamps(index_dir: Path, stamps: Sequence[File], homes: Collection[str]) -> None:
    """Save the stamps of these files, and keep the saved ones of the other files in ``homes``."""
    if stamps:
        kept = {home: row for home, row in _read(index_dir).items() if home in homes}
        with suppress(OSError):
            unfinished = index_dir / f"{_FILE}.new"
            rows = {**kept, **{file.home: (file.sha256, file.stamp) for file in stamps}}
            unfinished.write_text(json.dumps(rows), encoding="utf-8")
            os.replace(unfinished, index_dir / _FILE)


def _read(index_dir: Path) -> dict[str, tuple[str, str]]:
    """Return file -> (hash, stamp)."""
    try:
        return {
            str(home): (str(sha256), str(stamp))
            for home, (sha256, stamp) in json.loads((index_dir / _FILE).read_text(encoding="utf-8")).items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
