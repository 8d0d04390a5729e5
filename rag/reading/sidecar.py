"""YAML beside a file, or the front matter of a Markdown file -> what it states of the file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, cast, get_args

import yaml

from rag.errors import CorpusError
from rag.reading.fields import FIELDS, field_of, people, stated_of
from rag.reading.written_dates import iso_date
from rag.schema import Kind, Outline, Stated
from rag.text.front_matter import FrontMatter, front_matter_of
from rag.text.outline import read_lines

SUFFIX = ".yaml"
FOLDER_FILE = "baowen.yaml"
_VALUES = ("title", "byline", "date", "source", "page")
_KEYS = (*_VALUES, "whole", "columns", "articles", "sha256")
_ARTICLE_KEYS = ("title", "byline", "kind", "lines")
_TRUE, _FALSE = ("true", "yes"), ("false", "no")
_MAX_CHARS = 100_000
_BARE_VALUE = re.compile(r"^([ \t]*[\w \"'-]+:[ \t]+)([^\s\"'\[{|>&*!#%@`][^\r\n]*?)(?=[ \t\r]*$)", re.M)
_TOML_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source states of a file. ``stated`` holds the values and ``fields`` the names of those that are given;
    ``columns`` are pairs (field, column of an export that holds it)."""

    stated: Stated = field(default_factory=Stated)
    fields: frozenset[str] = frozenset()
    columns: tuple[tuple[str, str], ...] = ()


def read_sidecar(text: str, name: str) -> Statement:
    """Return what the YAML file ``name`` states. Raise CorpusError, in one line that names the line of the file."""
    if len(text) > _MAX_CHARS:
        raise CorpusError(
            f"{name} has {len(text):,} characters, more than {_MAX_CHARS:,}: keep only what it states of the file."
        )
    return _Parser(name, first_line=1, is_strict=True).parse(text)


def read_front_matter(text: str, name: str) -> Statement:
    """Return what the front matter of the text states. Raise CorpusError, with the line, if it is neither YAML nor TOML.

    Unknown fields are passed over: front matter is written for other programs too. These take a value that holds a
    colon without quotes, so it is taken here.
    """
    found = front_matter_of(text)
    if found is None:
        return Statement()
    if found.is_toml:
        source = _yaml_of_toml(found, name)
    else:
        source = found.text
        try:
            yaml.compose(source, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError):
            source = _BARE_VALUE.sub(lambda m: m[1] + json.dumps(m[2], ensure_ascii=False), source)
    return _Parser(name, found.line, is_strict=False).parse(source)


def _yaml_of_toml(found: FrontMatter, name: str) -> str:
    """The fields of a TOML text, as YAML."""
    try:
        values = tomllib.loads(found.text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = _TOML_LINE.search(str(error))
        at = found.line + int(line[1]) - 1 if line else found.line
        raise CorpusError(f"{name}, line {at}: not valid TOML ({str(error)[:80]}): correct it or remove it.") from error
    return yaml.safe_dump(
        {key: value if isinstance(value, list) else str(value) for key, value in values.items()}, allow_unicode=True
    )


def statement_of(stated: Stated) -> Statement:
    """Return what a file states of itself, as a statement."""
    return Statement(stated, frozenset(name for name in (*_VALUES, "whole") if getattr(stated, name)))


def merged(statements: Iterable[Statement]) -> Stated:
    """Return each field as the first statement that gives it has it."""
    values: dict[str, Any] = {}
    for statement in statements:
        for name in statement.fields - values.keys():
            values[name] = getattr(statement.stated, name)
            if name == "date":
                values["date_basis"] = statement.stated.date_basis
    return Stated(**values)


class _Parser:
    """Parses one YAML text. ``first_line`` is the line of the file at which the text begins. If ``is_strict``, a field
    that is unknown or has a wrong value is an error."""

    def __init__(self, name: str, first_line: int, is_strict: bool) -> None:
        self._name = name
        self._first_line = first_line
        self._is_strict = is_strict
        self._values: dict[str, str] = {}
        self._outlines: tuple[Outline, ...] = ()
        self._columns: list[tuple[str, str]] = []

    def parse(self, text: str) -> Statement:
        root = self._compose(text)
        if root is None:
            return Statement()
        if not isinstance(root, yaml.MappingNode):
            raise self._error(root.start_mark.line, "not of the form `field: value`")
        for key, value in root.value:
            self._read(key, value)
        return self._statement()

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line if mark else 0
            raise self._error(line, f"not valid YAML ({error.problem or error.context})") from error
        except (yaml.YAMLError, RecursionError) as error:
            raise self._error(0, f"not valid YAML ({' '.join(str(error).split())[:80]})") from error

    def _read(self, key: yaml.Node, value: yaml.Node) -> None:
        line = key.start_mark.line
        name = key.value if key.value in _KEYS else field_of(str(key.value))
        if name in (None, "text"):
            if self._is_strict:
                raise self._error(line, f"unknown field {key.value!r}, known are {', '.join(_KEYS)}")
        elif name == "columns" and isinstance(value, yaml.MappingNode):
            self._columns = self._read_columns(line, value)
        elif name == "articles":
            items = value.value if isinstance(value, yaml.SequenceNode) else [value]
            self._outlines = tuple(map(self._outline, items))
        elif name == "byline" and isinstance(value, yaml.SequenceNode) and _holds_scalars(value):
            self._values[name] = _text_of(value)
        elif name != "columns" and isinstance(value, yaml.ScalarNode):
            self._values[name] = value.value.strip()
        elif self._is_strict:
            raise self._error(line, f"{key.value!r} is not what was expected")
        if name in ("date", "whole"):
            self._check_value(line, name)

    def _read_columns(self, line: int, value: yaml.MappingNode) -> list[tuple[str, str]]:
        columns = [(str(name.value), str(column.value)) for name, column in value.value]
        if unknown := [name for name, _ in columns if name not in FIELDS]:
            raise self._error(line, f"`columns` has {unknown[0]!r}, known are {', '.join(FIELDS)}")
        return columns

    def _check_value(self, line: int, name: str) -> None:
        """Raise CorpusError for a wrong date or a wrong ``whole``; if not strict, drop a wrong date."""
        value = self._values.get(name, "")
        if name == "date" and value and not iso_date(value):
            if self._is_strict:
                raise self._error(line, f"{value!r} is not a date like 2025-07-31")
            del self._values[name]
        if name == "whole" and value.lower() not in (*_TRUE, *_FALSE):
            raise self._error(line, "`whole` must be true or false")

    def _outline(self, node: yaml.Node) -> Outline:
        """An entry of ``articles``: what a person states of one article of the page."""
        line = node.start_mark.line
        if not isinstance(node, yaml.MappingNode):
            raise self._error(line, "an article must have the form `title:`, `byline:`, `kind:` and `lines:`")
        values = {str(key.value): _text_of(value) for key, value in node.value if _holds_scalars(value)}
        if unknown := [str(key.value) for key, _ in node.value if key.value not in _ARTICLE_KEYS]:
            raise self._error(line, f"an article has no field {unknown[0]!r}, only {', '.join(_ARTICLE_KEYS)}")
        kind = values.get("kind", "article")
        if kind not in get_args(Kind):
            raise self._error(line, f"{kind!r} is not a kind of article ({', '.join(get_args(Kind))})")
        try:
            lines = read_lines(values.get("lines", ""))
        except ValueError as error:
            raise self._error(line, str(error)) from error
        return Outline(values.get("title", "").strip(), people(values.get("byline", "")), cast("Kind", kind), lines)

    def _statement(self) -> Statement:
        values = self._values
        # a file that states a title is one article, unless it says otherwise
        whole = values["whole"].lower() in _TRUE if "whole" in values else bool(values.get("title"))
        stated = stated_of(values, "sidecar", whole)
        fields = {*values, *(["whole"] if whole else []), *(["articles"] if self._outlines else [])}
        return Statement(
            replace(stated, articles=self._outlines, sha256=values.get("sha256", "")),
            frozenset(fields),
            tuple(self._columns),
        )

    def _error(self, line: int, why: str) -> CorpusError:
        return CorpusError(
            f"{self._name}, line {line + self._first_line}: {why}: correct it or remove the file's YAML."
        )


def _holds_scalars(node: yaml.Node) -> bool:
    """Whether the node is a scalar or a list of scalars."""
    if isinstance(node, yaml.SequenceNode):
        return all(isinstance(item, yaml.ScalarNode) for item in node.value)
    return isinstance(node, yaml.ScalarNode)


def _text_of(node: yaml.Node) -> str:
    """The text of a scalar, or of a list of scalars as a Chinese list."""
    return "、".join(item.value for item in node.value) if isinstance(node, yaml.SequenceNode) else str(node.value)
