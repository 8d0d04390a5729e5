"""Exports of a newsroom system, CSV or JSON Lines -> the article in each row."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from rag.errors import CorpusError
from rag.reading.charset import encoding_of
from rag.reading.html_article import plain
from rag.reading.sidecar import FIELDS, SUFFIX, plain_name, stated_of
from rag.schema import Part, Refused

Columns = Sequence[tuple[str, str]]
_HTML = re.compile(r"</?(?:p|br|div|span|b|i|em|strong|a|img|font|table|h[1-6]|ul|li|section)\b[^<>]*>|&nbsp;", re.I)


def rows_of(data: bytes, name: str, columns: Columns) -> Iterator[Part | Refused]:
    """An article a row, marked ``#1`` for the first under the header. ``columns``: which column holds a field,
    where its name does not tell.

    Raises CorpusError, in one line, when the file is no such export or no column holds the text.
    """
    encoding = encoding_of(data)
    if encoding is None:
        raise CorpusError(f"{name} is not text in UTF-8, UTF-16, GB18030 or Big5: export it in UTF-8.")
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    rows = _csv(text) if name.lower().endswith(".csv") else _json_lines(text)
    known: dict[tuple[str, ...], dict[str, list[str]]] = {}  # rows of JSON need not have the same columns
    try:
        for number, row in enumerate(rows, 1):
            mark = f"#{number}"
            if row is None:
                yield Refused(mark, "is no JSON object: correct the line or remove it.")
                continue
            header = tuple(row)
            try:
                held = known[header] if header in known else known.setdefault(header, _held(header, name, columns))
            except CorpusError:
                if number == 1:
                    raise
                held = {}
            values = {field: next((v for c in names if (v := _text(row[c]))), "") for field, names in held.items()}
            body = values.pop("text", "")
            if _HTML.search(body):
                body = plain(body)
            if body.strip():
                yield Part(body, stated_of(values, "stated", whole=True), mark)
            else:
                yield Refused(mark, "holds no text: fill it in or remove it.")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name} is not {encoding} throughout: export it in UTF-8.") from error
    except csv.Error as error:
        raise CorpusError(f"{name} is no CSV ({error}): export it again.") from error


def _csv(text: io.TextIOWrapper) -> Iterator[Mapping[str, object] | None]:
    csv.field_size_limit(1 << 30)  # a text is longer than the 128 KB that the module allows; the file's size is limited
    header = text.readline()
    delimiter = max(",\t;", key=header.count)
    text.seek(0)
    for row in csv.DictReader(text, delimiter=delimiter):
        if any(row.values()):
            yield {key: value for key, value in row.items() if key}


def _json_lines(text: io.TextIOWrapper) -> Iterator[Mapping[str, object] | None]:
    for line in text:
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            yield row if isinstance(row, dict) else None


def _held(header: Sequence[str], name: str, columns: Columns) -> dict[str, list[str]]:
    """Field -> the columns that hold it, the likeliest first."""
    named = dict(columns)
    listed = ", ".join(header)[:200]
    if missing := [column for column in named.values() if column not in header]:
        raise CorpusError(
            f"{name} has no column {missing[0]!r}, which {name}{SUFFIX} names (columns: {listed}): correct one of them."
        )
    held = {
        field: [named[field]]
        if field in named
        else sorted(
            (column for column in header if plain_name(column) in known),
            key=lambda column: known.index(plain_name(column)),
        )
        for field, known in FIELDS.items()
    }
    if not held["text"]:
        raise CorpusError(
            f"{name} has no column for the text (columns: {listed}): name it in {name}{SUFFIX}, "
            "e.g. `columns: {text: 稿件}`."
        )
    return held


def _text(value: object) -> str:
    if isinstance(value, list):
        return "、".join(_text(item) for item in value)
    return "" if value is None or isinstance(value, dict | bool) else str(value)
