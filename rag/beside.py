"""What is given of a file: by the YAML beside it, and by those of its folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from rag.errors import CorpusError
from rag.sidecar import FOLDER_FILE, SUFFIX, Given, read_sidecar

Beside = Callable[[str], str | None]
"""Path within the corpus -> the text of the file there, None where there is none."""
_OF_ONE = {"articles", "title", "sha256"}


class Folders:
    """Each folder's YAML is read once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Given, ...]] = {}

    def given(self, name: str, beside: Beside) -> list[Given]:
        """By the file's own YAML, then by its folders, the nearest first. What the file says itself stands between them: a
        folder speaks for files that are silent, a YAML beside a file for this very file. Raises CorpusError."""
        own = own_of(name, beside)
        try:
            return [own, *self._of(name.rpartition("/")[0], beside)]
        except CorpusError as error:
            raise CorpusError(f"{name} is left out for {error}") from error

    def check(self, names: Iterable[str], beside: Beside) -> None:
        """Raises CorpusError where the YAML of a folder that holds one of these files cannot be used."""
        for folder in dict.fromkeys(name.rpartition("/")[0] for name in names):
            try:
                self._of(folder, beside)
            except CorpusError as error:
                raise CorpusError(f"{error} The index in use stays as it is.") from error

    def _of(self, folder: str, beside: Beside) -> tuple[Given, ...]:
        if folder not in self._known:
            paths = [f"{folder}/{FOLDER_FILE}" if folder else FOLDER_FILE]
            if os.path.splitext(folder)[1].lower() == ".zip":  # what stands beside an archive is of all that it holds
                paths.append(folder + SUFFIX)
            own = []
            for path in paths:
                if (text := beside(path)) is not None:
                    own.append(read_sidecar(text, path))
                    if of_one := own[-1].fields & _OF_ONE:
                        raise CorpusError(f"{path} gives `{min(of_one)}`, which is of one file: put it into the YAML beside that.")
            self._known[folder] = (*own, *(self._of(folder.rpartition("/")[0], beside) if folder else ()))
        return self._known[folder]


def own_of(name: str, beside: Beside) -> Given:
    """Raises CorpusError."""
    text = beside(name + SUFFIX)
    return read_sidecar(text, name + SUFFIX) if text is not None else Given()
