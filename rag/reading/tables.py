"""A newsroom system's export, CSV or JSON Lines -> the article in each row."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from rag.errors import CorpusError
from rag.reading.charset import encoding_of
from rag.reading.fields import FIELDS, plain_name, stated_of
from rag.reading.html_article import text_of_markup
from rag.reading.sidecar import SUFFIX
from rag.schema import Part, Refused

Columns = Sequence[tuple[str, str]]
_HTML = re.compile(r"</?(?:p|br|div|span|b|i|em|strong|a|img|font|table|h[1-6]|ul|li|section)\b[^<>]*>|&nbsp;", re.I)


def read_table(data: bytes, name: str, columns: Columns) -> Iterator[Part | Refused]:
    """Yield an article for each row, marked ``#1`` for the first under the header.

    ``columns`` are pairs (field, column that holds it), for columns whose names do not show it. Raise CorpusError, in
    one line, if the file is not such an export or no column holds the text.
    """
    encoding = encoding_of(data)
    if encoding is None:
        raise CorpusError(f"{name} is not text in UTF-8, UTF-16, GB18030 or Big5: export it in UTF-8.")
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    rows = _csv(text) if name.lower().endswith(".csv") else _json_lines(text)
    by_header: dict[tuple[str, ...], dict[str, list[str]]] = {}  # rows of JSON need not have the same columns
    try:
        for number, row in enumerate(rows, 1):
            mark = f"#{number}"
            if row is None:
                yield Refused(mark, "is not a JSON object: correct the line or remove it.")
                continue
            header = tuple(row)
            try:
                if header not in by_header:
                    by_header[header] = _columns_of_fields(header, name, columns)
                fields = by_header[header]
            except CorpusError:
                if number == 1:
                    raise
                fields = {}
            values = {field: next((v for c in names if (v := _text(row[c]))), "") for field, names in fields.items()}
            body = values.pop("text", "")
            if _HTML.search(body):
                body = text_of_markup(body)
            if body.strip():
                yield Part(body, stated_of(values, "stated", whole=True), mark)
            else:
                yield Refused(mark, "holds no text: fill it in or remove it.")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name} is not {encoding} throughout: export it in UTF-8.") from error
    except csv.Error as error:
        raise CorpusError(f"{name} is not valid CSV ({error}): export it again.") from error


def _csv(text: io.TextIOWrapper) -> Iterator[Mapping[str, object] | None]:
    csv.field_size_limit(1 << 30)  # the default of 128 KB is too small for a text; the size of the file is limited
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


def _columns_of_fields(header: Sequence[str], name: str, columns: Columns) -> dict[str, list[str]]:
    """Field -> the columns that hold it, the likeliest first."""
    named = dict(columns)
    listed = ", ".join(header)[:200]
    if missing := [column for column in named.values() if column not in header]:
        raise CorpusError(
            f"{name} has no column {missing[0]!r}, which {name}{SUFFIX} names (columns: {listed}): correct one of them."
        )
    found = {field: [named[field]] if field in named else _columns_named(header, FIELDS[field]) for field in FIELDS}
    if not found["text"]:
        raise CorpusError(
            f"{name} has no column for the text (columns: {listed}): name it in {name}{SUFFIX}, "
            "e.g. `columns: {text: 稿件}`."
        )
    return found


def _columns_named(header: Sequence[str], names: Sequence[str]) -> list[str]:
    """The columns that have one of these names, in the order of the names."""
    matching = (column for column in header if plain_name(column) in names)
    return sorted(matching, key=lambda column: names.index(plain_name(column)))


def _text(value: object) -> str:
    if isinstance(value, list):
        return "、".join(_text(item) for item in value)
    return "" if value is None or isinstance(value, dict | bool) else str(value)
