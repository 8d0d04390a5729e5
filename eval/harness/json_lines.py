"""A JSON Lines file -> its objects, with checks whose errors name the file, the line and the cause."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rag.errors import BadInput

_JSON_NAMES = {bool: "true or false", dict: "an object", list: "a list", str: "a string"}


@dataclass(frozen=True, slots=True)
class Line:
    """One JSON object of a file. Every check raises BadInput with the file and the line number."""

    path: Path
    number: int
    fields: Mapping[str, object]

    def error(self, cause: str) -> BadInput:
        """Return the error to raise for this line."""
        return BadInput(f"{self.path}, line {self.number}: {cause}. Correct the line and run again.")

    def value(self, name: str, kind: type) -> object:
        """Return the field ``name``. Raise BadInput if it is missing or not a ``kind``."""
        if name not in self.fields:
            raise self.error(f"the field {name!r} is missing")
        return self.check(self.fields[name], kind, repr(name))

    def check(self, value: object, kind: type, what: str) -> object:
        """Return ``value``. Raise BadInput, which calls it ``what``, if it is not a ``kind``."""
        if not isinstance(value, kind):
            raise self.error(f"{what} is {shorten(value)}, not {_JSON_NAMES[kind]}")
        return value

    def text(self, name: str, *, empty: bool = False) -> str:
        """Return the field ``name`` as a checked string; see ``string``."""
        return self.string(self.value(name, str), repr(name), empty=empty)

    def string(self, value: object, what: str, *, empty: bool = False) -> str:
        """Return ``value``. Raise BadInput if it is not a string, or blank where ``empty`` is false."""
        text = cast(str, self.check(value, str, what))
        if any("\ud800" <= c <= "\udfff" for c in text):  # JSON can escape it, but UTF-8 cannot encode it
            raise self.error(f"{what} holds half a character (a lone surrogate)")
        if not empty and not text.strip():
            raise self.error(f"{what} is empty")
        return text

    def items(self, name: str, *, optional: bool = False) -> list[object]:
        """Return the list in the field ``name``, or an empty one if the field is ``optional`` and missing."""
        if optional and name not in self.fields:
            return []
        return cast("list[object]", self.value(name, list))

    def strings(self, value: object, what: str) -> tuple[str, ...]:
        """Return the entries of the list ``value``, each checked by ``string``."""
        return tuple(self.string(item, f"an entry of {what}") for item in cast("list[object]", value))

    def check_unique(self, name: str, first_seen: dict[str, int]) -> None:
        """Record the id ``name`` in ``first_seen``. Raise BadInput if an earlier line has it."""
        first = first_seen.setdefault(name, self.number)
        if first != self.number:
            raise self.error(f"the id {shorten(name)} is already on line {first}")


def read_lines(path: Path) -> Iterator[Line]:
    """Yield every line that is not blank. Numbers count from 1 and include blank lines; ``.gz`` is unpacked.

    Raise BadInput for an unreadable file, bytes that are not UTF-8, and a line that is not a JSON object.
    """
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as problem:  # gzip raises a different one for each kind of damage
        cause = getattr(problem, "strerror", None) or problem
        raise BadInput(f"{path} cannot be read: {cause}. Give a readable file.") from problem
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        number = problem.object.count(b"\n", 0, problem.start) + 1  # not in ``data``: a BOM shifts the offset
        raise BadInput(f"{path}, line {number}: not UTF-8. Save the file as UTF-8 and run again.") from problem
    # Not splitlines: JSON allows U+2028 and U+0085 inside a string, where they do not end a line.
    for number, raw in enumerate(text.split("\n"), 1):
        if raw.strip():
            yield Line(path, number, _json_object(path, number, raw))


def shorten(value: object) -> str:
    """Return ``value`` quoted, on one line, with at most 60 characters."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _json_object(path: Path, number: int, raw: str) -> Mapping[str, object]:
    line = Line(path, number, {})
    try:
        value = json.loads(raw)
    except json.JSONDecodeError as problem:
        raise line.error(f"malformed JSON ({problem.msg} at column {problem.colno})") from problem
    except (ValueError, RecursionError) as problem:  # a number with thousands of digits, or thousands of brackets
        raise line.error("malformed JSON (a number too long or nesting too deep)") from problem
    return cast("dict[str, object]", line.check(value, dict, "the line"))
