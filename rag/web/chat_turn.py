"""One question of a browser chat and what came of it, in the form in which the browser stores it.

A stored chat comes from outside: ``turns_of`` checks every turn and drops the ones that do not fit. Field names and
their nesting are the stored format, so a chat stored by an earlier version still opens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rag.schema import DateBasis, Language, Mode


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True)


class QuotedCitation(_Stored):
    """A citation as in ``rag ask --json``. Chats stored by earlier versions may lack the fields that have defaults."""

    n: int
    article_id: str = ""
    title: str
    byline: tuple[str, ...]
    date: str
    file: str
    quote: str
    start: int = 0
    end: int = 0
    source_start: int = 0
    source_end: int = 0
    date_basis: DateBasis = ""
    copies: tuple[str, ...] = ()


class Excerpt(_Stored):
    """A passage of an article. Each of ``quotes`` is (citation number, start, end); offsets count characters of
    ``text``."""

    text: str
    quotes: tuple[tuple[int, int, int], ...]


class Source(_Stored):
    """An article that the answer quotes or, if the question was refused, one of the nearest articles.

    ``place`` is the id of the article in the outlined page of ``file``, or "" for the top of that page. ``date_words``
    are the words from which the date was inferred, or "".
    """

    title: str
    byline: tuple[str, ...]
    date: str
    date_words: str = ""
    file: str
    place: str = ""
    copies: tuple[str, ...] = ()
    excerpts: tuple[Excerpt, ...]

    @property
    def link(self) -> str:
        """The address of the outlined page, relative to the chat's."""
        return f"page?file={quote(self.file, safe='/')}#{quote(self.place, safe='')}"


class ReaderJudgement(_Stored):
    """A reader's thumb and comment. ``lost`` is the reason why they could not be written to the feedback file, or ""."""

    thumb: Literal["up", "down"]
    comment: str = ""
    lost: str = ""


class AnsweredTurn(_Stored):
    """A question and its answer. ``only`` describes the filter that was in force, or is "". ``generation`` and
    ``model`` name the index that answered. ``direct``: the words in the first line of ``answer``, or ""."""

    failed: ClassVar[Literal[False]] = False
    question: str
    answer: str
    mode: Mode
    abstained: bool
    notices: tuple[str, ...]
    citations: tuple[QuotedCitation, ...]
    language: Language = "zh"
    generation: str = ""
    model: str = ""
    only: str = ""
    sources: tuple[Source, ...]
    judged: ReaderJudgement | None = None
    direct: str = ""


class FailedTurn(_Stored):
    """A question that ended in an error."""

    failed: ClassVar[Literal[True]] = True
    question: str
    error: str
    sources: tuple[Source, ...] = ()


ChatTurn = FailedTurn | AnsweredTurn
_ONE_TURN: TypeAdapter[ChatTurn] = TypeAdapter(Annotated[ChatTurn, Field(union_mode="left_to_right")])


def turns_of(stored: object) -> list[ChatTurn]:
    """Return the turns of a stored chat; drop whatever is not a valid turn."""
    turns: list[ChatTurn] = []
    for turn in stored if isinstance(stored, list) else []:
        try:
            turns.append(_ONE_TURN.validate_python(turn))
        except ValidationError:
            continue
    return turns


def as_stored(turns: Sequence[ChatTurn]) -> list[dict[str, Any]]:
    """Return the turns as JSON values for the browser's storage. Fields that were never set stay absent."""
    return [turn.model_dump(mode="json", exclude_unset=True) for turn in turns]
