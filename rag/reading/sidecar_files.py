"""A file's name -> the statements of the YAML files that speak for it: its own, and those of its folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from rag.errors import CorpusError
from rag.reading.sidecar import FOLDER_FILE, SUFFIX, Statement, read_sidecar
from rag.schema import Refused

ReadYaml = Callable[[str], str | None]
"""Path within the corpus -> the text of the YAML file there, None if there is no file."""
_OF_ONE_FILE = {"articles", "title", "sha256"}


class SidecarFiles:
    """The YAML files of a corpus. The YAML of each folder is read once."""

    def __init__(self) -> None:
        self._by_folder: dict[str, tuple[Statement, ...]] = {}
        self._problems: dict[str, Refused] = {}

    def statements(self, name: str, read_yaml: ReadYaml) -> list[Statement]:
        """Return the statement of the file's own YAML, then those of its folders, the nearest first.

        What the file states itself comes between the two: a folder speaks for files that say nothing, a YAML beside a
        file speaks for this very file. YAML of a file or of an archive that cannot be used is a problem and states
        nothing. Raise CorpusError if the YAML of a folder on disk cannot be used.
        """
        own = self.own(name, read_yaml)
        try:
            return [own, *self._of_folder(name.rpartition("/")[0], read_yaml)]
        except CorpusError as error:
            raise CorpusError(f"{name} is left out because of {error}") from error

    def own(self, name: str, read_yaml: ReadYaml) -> Statement:
        """Return what the YAML beside a file states. If it cannot be used, this is a problem, and nothing is stated."""
        path = name + SUFFIX
        try:
            text = read_yaml(path)
            return read_sidecar(text, path) if text is not None else Statement()
        except CorpusError as error:
            self.report(path, f"{error} {name} is read without it.")
            return Statement()

    def report(self, path: str, why: str) -> None:
        """Remember that a YAML, or a part of it, is passed over; the first reason counts."""
        self._problems.setdefault(path, Refused(path, why, is_note=True))

    def problems(self) -> list[Refused]:
        """Return the problems since the last call."""
        found = list(self._problems.values())
        self._problems.clear()
        return found

    def check_folders(self, names: Iterable[str], read_yaml: ReadYaml) -> None:
        """Raise CorpusError if the YAML of a folder that holds one of these files cannot be used."""
        for folder in dict.fromkeys(name.rpartition("/")[0] for name in names):
            try:
                self._of_folder(folder, read_yaml)
            except CorpusError as error:
                raise CorpusError(f"{error} The index in use stays as it is.") from error

    def _of_folder(self, folder: str, read_yaml: ReadYaml) -> tuple[Statement, ...]:
        if folder not in self._by_folder:
            paths = [f"{folder}/{FOLDER_FILE}" if folder else FOLDER_FILE]
            if os.path.splitext(folder)[1].lower() == ".zip":  # YAML beside an archive speaks for all files in it
                paths.append(folder + SUFFIX)
            found = [self._folder_statement(path, folder, read_yaml) for path in paths]
            above = self._of_folder(folder.rpartition("/")[0], read_yaml) if folder else ()
            self._by_folder[folder] = (*found, *above)
        return self._by_folder[folder]

    def _folder_statement(self, path: str, folder: str, read_yaml: ReadYaml) -> Statement:
        """What the YAML of a folder states. Nothing without one, or where one of an archive cannot be used."""
        try:
            text = read_yaml(path)
            return _folder_statement(path, text) if text is not None else Statement()
        except CorpusError as error:
            if not any(part.lower().endswith(".zip") for part in folder.split("/")):
                raise
            self.report(path, f"{error} The files in {folder} are read without it.")
            return Statement()


def _folder_statement(path: str, text: str) -> Statement:
    statement = read_sidecar(text, path)
    if of_one_file := statement.fields & _OF_ONE_FILE:
        raise CorpusError(
            f"{path} gives `{min(of_one_file)}`, which is for one file: put it into the YAML beside that file."
        )
    return statement
