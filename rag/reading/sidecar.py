"""What people state of a file: the YAML beside it, its folder's baowen.yaml, its front matter -> Stated."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast, get_args

import yaml

from rag.errors import CorpusError
from rag.schema import DateBasis, Kind, Outline, Stated
from rag.text.bylines import names
from rag.text.calendar import Point, days_of
from rag.text.front_matter import FRONT_MATTER
from rag.text.outline import read_lines

SUFFIX = ".yaml"
FOLDER_FILE = "baowen.yaml"
FIELDS = {  # the names that newsroom systems and writers give them, likeliest first
    "title": (
        "title",
        "标题",
        "標題",
        "题目",
        "题名",
        "主题",
        "主标题",
        "文章标题",
        "稿件标题",
        "新闻标题",
        "headline",
    ),
    "text": (
        "text",
        "正文",
        "内容",
        "內容",
        "正文内容",
        "文章内容",
        "稿件内容",
        "新闻内容",
        "全文",
        "文本",
        "body",
        "content",
        "fulltext",
        "article",
    ),
    "byline": ("byline", "作者", "记者", "記者", "署名", "撰稿", "author", "authors", "reporter", "writer"),
    "date": (
        "date",
        "日期",
        "发布日期",
        "发布时间",
        "發佈時間",
        "出版日期",
        "见报日期",
        "刊发日期",
        "发表日期",
        "发表时间",
        "刊期",
        "时间",
        "pubdate",
        "published",
        "publishdate",
        "publishtime",
        "publishedat",
        "publicationdate",
        "time",
    ),
    "source": (
        "source",
        "来源",
        "來源",
        "报纸",
        "報紙",
        "报纸名称",
        "报刊",
        "媒体",
        "媒体名称",
        "newspaper",
        "paper",
        "publication",
        "media",
    ),
    "page": ("page", "版次", "版面", "版号", "版"),
}
_VALUES = ("title", "byline", "date", "source", "page")
_OWN = (*_VALUES, "whole", "columns", "articles", "sha256")
_MAX_CHARS = 100_000
_DATE = re.compile(
    r"((?:1[89]|20)\d\d)(?:\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2}))?)?(?!\d)|((?:1[89]|20)\d\d)(\d\d)(\d\d)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Given:
    """What one YAML says. ``stated`` holds its values, ``fields`` names those it gives; ``columns``: a field
    -> the column of an export that holds it."""

    stated: Stated = field(default_factory=Stated)
    fields: frozenset[str] = frozenset()
    columns: tuple[tuple[str, str], ...] = ()


def field_of(name: str) -> str | None:
    """The field that a column or key of this name holds."""
    return next((field for field, known in FIELDS.items() if plain_name(name) in known), None)


def plain_name(name: str) -> str:
    return re.sub(r"[\s_\-]", "", unicodedata.normalize("NFKC", name)).lower().strip("\ufeff:")


def read_front_matter(text: str, name: str) -> Given:
    """Raises CorpusError, with the line, when there is front matter and it is no YAML."""
    match = FRONT_MATTER.match(text)
    return _given(match.group(1), name, first_line=2, strict=False) if match else Given()


def read_sidecar(text: str, name: str) -> Given:
    """Raises CorpusError, in one line that names the line of the file."""
    if len(text) > _MAX_CHARS:
        raise CorpusError(
            f"{name} has {len(text):,} characters, more than {_MAX_CHARS:,}: keep what it states of the file and no more."
        )
    return _given(text, name, first_line=1, strict=True)


def said(stated: Stated) -> Given:
    """What a file says of itself."""
    return Given(stated, frozenset(field for field in (*_VALUES, "whole") if getattr(stated, field)))


def merged(given: Iterable[Given]) -> Stated:
    """Each field as the first that gives it says."""
    values: dict[str, Any] = {}
    for one in given:
        for name in one.fields - values.keys():
            values[name] = getattr(one.stated, name)
            if name == "date":
                values["date_basis"] = one.stated.date_basis
    return Stated(**values)


def stated_of(row: Mapping[str, str], basis: DateBasis, whole: bool) -> Stated:
    """``row``: field -> its text, as an export or a page's own metadata gives it."""
    date = iso_date(row.get("date", ""))
    return Stated(
        title=" ".join(row.get("title", "").split()),
        byline=people(row.get("byline", "")),
        date=date,
        date_basis=basis if date else "",
        source=row.get("source", "").strip(),
        page=page_number(row.get("page", "")),
        whole=whole,
    )


def iso_date(text: str) -> str:
    """``YYYY[-MM[-DD]]`` of a date that begins the text, empty where none does."""
    match = _DATE.match(unicodedata.normalize("NFKC", text).strip())
    if not match:
        return ""
    year, month, day = (
        match.group(1) or match.group(4),
        match.group(2) or match.group(5),
        match.group(3) or match.group(6),
    )
    if (
        (month and not int(month))
        or (day and not int(day))
        or not days_of(Point(int(year), int(month or 0), int(day or 0)))
    ):
        return ""
    return "-".join([year, *(f"{int(part):02d}" for part in (month, day) if part)])


def people(text: str) -> tuple[str, ...]:
    """The names of a byline: of a printed one, or of a list."""
    found = names(text.strip())
    if found is None:
        latin = sum(c < "\u0250" for c in text) > len(text) / 2
        found = tuple(part.strip() for part in re.split(r"[,;、，；/|]|\band\b" if latin else r"[\s,;、，；/|]+", text))
    return tuple(dict.fromkeys(name for name in found if name))


def page_number(text: str) -> str:
    """``03`` of 第03版."""
    return re.sub(r"^第|[版面]$", "", unicodedata.normalize("NFKC", text).strip()).strip()


def _given(text: str, name: str, first_line: int, strict: bool) -> Given:
    def wrong(line: int, why: str) -> CorpusError:
        return CorpusError(f"{name}, line {line + first_line}: {why}: correct it or remove the file's YAML.")

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise wrong(mark.line if mark else 0, f"no YAML ({error.problem or error.context})") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise wrong(0, f"no YAML ({' '.join(str(error).split())[:80]})") from error
    if root is None:
        return Given()
    if not isinstance(root, yaml.MappingNode):
        raise wrong(root.start_mark.line, "no `field: value`")
    values: dict[str, str] = {}
    outlines: tuple[Outline, ...] = ()
    columns: list[tuple[str, str]] = []
    for key, value in root.value:
        line = key.start_mark.line
        field = key.value if key.value in _OWN else field_of(str(key.value))
        if field in (None, "text"):
            if strict:
                raise wrong(line, f"unknown field {key.value!r}, known are {', '.join(_OWN)}")
        elif field == "columns" and isinstance(value, yaml.MappingNode):
            columns = [(str(a.value), str(b.value)) for a, b in value.value]
            if bad := [a for a, _ in columns if a not in FIELDS]:
                raise wrong(line, f"`columns` has {bad[0]!r}, known are {', '.join(FIELDS)}")
        elif field == "articles":
            outlines = tuple(
                _outline(item, wrong) for item in (value.value if isinstance(value, yaml.SequenceNode) else [value])
            )
        elif (
            isinstance(value, yaml.SequenceNode)
            and field == "byline"
            and all(isinstance(v, yaml.ScalarNode) for v in value.value)
        ):
            values[field] = "、".join(v.value for v in value.value)
        elif isinstance(value, yaml.ScalarNode) and field and field != "columns":
            values[field] = value.value.strip()
        elif strict:
            raise wrong(line, f"{key.value!r} is not what was expected")
        if field == "date" and values.get("date") and not iso_date(values["date"]):
            if not strict:  # front matter is written for other programs, too
                del values["date"]
                continue
            raise wrong(line, f"{values['date']!r} is no date like 2025-07-31")
        if field == "whole" and values.get("whole", "").lower() not in ("true", "false", "yes", "no"):
            raise wrong(line, "`whole` is true or false")
    # a file that states a title is one article, unless it says otherwise
    whole = values["whole"].lower() in ("true", "yes") if "whole" in values else bool(values.get("title"))
    stated = replace(stated_of(values, "sidecar", whole), articles=outlines, sha256=values.get("sha256", ""))
    fields = {*values, *(["whole"] if whole else []), *(["articles"] if outlines else [])}
    return Given(stated, frozenset(fields), tuple(columns))


def _outline(node: yaml.Node, wrong: Callable[[int, str], CorpusError]) -> Outline:
    """An entry of ``articles``: what a person says of one of the page's."""
    line = node.start_mark.line
    if not isinstance(node, yaml.MappingNode):
        raise wrong(line, "an article is no `title:`, `byline:`, `kind:` and `lines:`")
    values = {
        str(key.value): "、".join(v.value for v in value.value)
        if isinstance(value, yaml.SequenceNode)
        else str(value.value)
        for key, value in node.value
        if isinstance(value, yaml.ScalarNode) or all(isinstance(v, yaml.ScalarNode) for v in value.value)
    }
    if unknown := [str(key.value) for key, _ in node.value if key.value not in ("title", "byline", "kind", "lines")]:
        raise wrong(line, f"an article has no field {unknown[0]!r}, only title, byline, kind, lines")
    kind = values.get("kind", "article")
    if kind not in get_args(Kind):
        raise wrong(line, f"{kind!r} is no kind of article ({', '.join(get_args(Kind))})")
    try:
        lines = read_lines(values.get("lines", ""))
    except ValueError as error:
        raise wrong(line, str(error)) from error
    return Outline(values.get("title", "").strip(), people(values.get("byline", "")), cast("Kind", kind), lines)


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
                        raise CorpusError(
                            f"{path} gives `{min(of_one)}`, which is of one file: put it into the YAML beside that."
                        )
            self._known[folder] = (*own, *(self._of(folder.rpartition("/")[0], beside) if folder else ()))
        return self._known[folder]


def own_of(name: str, beside: Beside) -> Given:
    """Raises CorpusError."""
    text = beside(name + SUFFIX)
    return read_sidecar(text, name + SUFFIX) if text is not None else Given()
