"""A chat -> the HTML of the browser page: pure functions, and the only place where its markup is made.

Whatever comes from an article, a question or a language model goes through ``html.escape`` here, so
it is shown and never run. Each label stands in the page in both languages, and the style sheet shows one:
switching needs no server and loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from rag import payload
from rag.answer.citations import UNVERIFIED
from rag.answer.feedback import MAX_COMMENT, Feedback, Thumb
from rag.schema import EVERYTHING, Answer, Filter, Language
from rag.text.calendar import shown
from rag.web.labels import both
from rag.web.sources import Turn, sources, sources_of

EXAMPLES: dict[Language, tuple[str, ...]] = {
    "zh": (
        "平湖签约了哪些人工智能项目？",
        "普罗宇宙机器人项目总投资多少？",
        "是石科技在世界人工智能大会上展示了什么？",
        "重庆人工智能创新中心有什么作用？",
    ),
    "en": (
        "What AI projects has Pinghu signed?",
        "How much is invested in the AI projects signed in Pinghu?",
        "What does the Chongqing AI innovation center offer?",
    ),
}
_MARKS = re.compile(r"([^\s;]?)((?:\[\d{1,3}\])+)")
_LAST_MARKS = re.compile(_MARKS.pattern + "$")
_HEADING = re.compile(r"(?:《.*》|（无标题）.*……)(?:（[^（）]*）)?[：:]")


def record(answer: Answer, only: Filter = EVERYTHING) -> Turn:
    """What the chat keeps of an answer; ``only`` is where it was looked for."""
    return {
        "question": answer.question,
        "answer": answer.answer,
        "mode": answer.mode,
        "abstained": answer.abstained,
        "notices": list(answer.notices),
        "citations": [payload.citation(c) for c in answer.citations],
        "language": answer.language,
        "generation": answer.generation,
        "model": answer.model,
        "only": _only(only),
        "sources": sources_of(answer),
    }


def failure(question: str, message: str) -> Turn:
    """The turn of a question that ended in an error."""
    return {"question": question, "error": message, "sources": []}


def restored(stored: object) -> list[Turn]:
    """The turns of a stored chat that can still be shown; anything else in it is dropped."""
    turns: list[Turn] = []
    for turn in stored if isinstance(stored, list) else []:
        try:
            thread([turn])
            sources([turn])
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        turns.append(turn)
    return turns


def masthead() -> str:
    return (
        f'<header class="masthead"><div class="title"><h1>{both("name")}</h1><p>{both("tagline")}</p></div>'
        f'<div class="tools"><button type="button" class="renew" data-renew>{both("renew")}</button>'
        f'<div class="languages" role="group"><span class="sr">{both("language")}</span>'
        '<button type="button" data-language="zh" lang="zh-CN">中文</button>'
        '<button type="button" data-language="en" lang="en">English</button></div></div></header>'
    )


def narrow() -> str:
    """The fields that say which articles to look in. They live in the browser and go with each question."""
    fields = "".join(
        f'<label>{both(label)}<input name="{name}" autocomplete="off"{hint}></label>'
        for name, label, hint in (
            ("since", "since", ' placeholder="2025-01" size="10"'),
            ("until", "until", ' placeholder="2025-07-28" size="10"'),
            ("source", "newspaper", ' size="10"'),
            ("page", "page", ' size="3"'),
            ("byline", "byline", ' size="8"'),
        )
    )
    return (
        f'<details class="narrow"><summary>{both("narrow")}<output></output></summary>'
        f'<div class="fields">{fields}<button type="button" data-clear>{both("clear")}</button></div></details>'
    )


def thread(turns: Sequence[Turn], pending: str | None = None, partial: str = "") -> str:
    """The chat. ``pending`` is a question being answered, ``partial`` what has been written of it."""
    shown = [_turn(i, turn) for i, turn in enumerate(turns)]
    if pending is not None:
        unmarked = _MARKS.sub(r"\1", partial)  # a language model's marks count once they are verified
        body = f'<div class="answer">{_prose(unmarked, None, 0)}</div>' if partial else ""
        waiting = f'<p class="reading">{both("reading")}<i></i><i></i><i></i></p>'
        shown.append(
            f'<section class="turn" data-turn="{len(turns)}" aria-busy="true">{_question(pending)}'
            f"{body}{waiting}</section>"
        )
    return f'<div class="turns">{"".join(shown)}</div>' if shown else _welcome()


def _welcome() -> str:
    lists = "".join(
        f'<ul class="{language}">'
        + "".join(f'<li><button type="button" data-ask>{escape(q)}</button></li>' for q in questions)
        + "</ul>"
        for language, questions in EXAMPLES.items()
    )
    return f'<div class="welcome"><h2>{both("welcome")}</h2><p>{both("promise")}</p><h3>{both("try")}</h3>{lists}</div>'


def _question(question: str) -> str:
    return (
        f'<h2 class="question"><span class="seal" aria-hidden="true"><span class="zh">问</span>'
        f'<span class="en">Q</span></span>{escape(question)}</h2>'
    )


def _turn(i: int, turn: Turn) -> str:
    if "error" in turn:
        body = f'<div class="notice failed" role="alert"><strong>{both("failed")}</strong>{escape(turn["error"])}</div>'
    else:
        notices = "".join(f'<p class="notice">{escape(n)}</p>' for n in turn["notices"])
        written = (
            _refusal(turn["answer"])
            if turn["abstained"]
            else (f'<div class="answer">{_prose(turn["answer"], turn, i)}</div>')
        )
        body = notices + written + _foot(i, turn)
    only = f'<p class="only">{both("narrow")} {escape(turn["only"])}</p>' if turn.get("only") else ""
    return f'<section class="turn" data-turn="{i}">{_question(turn["question"])}{only}{body}</section>'


def _only(only: Filter) -> str:
    dates = " – ".join((only.since, only.until)) if only.since or only.until else ""
    return " · ".join(part for part in (dates, only.source, only.page, only.byline) if part)


def _refusal(text: str) -> str:
    first, *rest = text.split("\n")
    items = "".join(f"<li>{escape(line[2:])}</li>" for line in rest if line.startswith("- "))
    others = "".join(f"<p>{escape(line)}</p>" for line in rest if line and not line.startswith("- "))
    listed = f"<ul>{items}</ul>" if items else ""
    return f'<div class="answer refusal"><strong>{escape(first)}</strong>{others}{listed}</div>'


def _prose(text: str, turn: Turn | None, i: int) -> str:
    """The answer's lines; headlines stand over what is quoted from them. In quoted sentences only the marks at
    the end of a line are references, for the others may be the article's own."""
    marks = _LAST_MARKS if turn is not None and turn["mode"] == "extractive" else _MARKS
    lines = []
    for line in map(str.strip, filter(str.strip, text.split("\n"))):
        if _HEADING.fullmatch(line):
            lines.append(f"<h3>{escape(line[:-1])}</h3>")
        else:
            linked = marks.sub(lambda found: _chips(found, i, len(turn["citations"]) if turn else 0), escape(line))
            lines.append(f"<p>{linked}</p>")
    joined = "".join(lines)
    for words in UNVERIFIED.values():
        joined = joined.replace(words, f'<span class="unverified">{words.strip()}</span>')
    return joined


def _chips(found: re.Match[str], i: int, count: int) -> str:
    """Marks as buttons, kept on one line with the character before them; one that refers to nothing stays text."""
    chips = "".join(
        f'<sup><button type="button" class="chip" data-turn="{i}" data-n="{n}">'
        f'<span class="sr">{both("source")} </span>{n}</button></sup>'
        if 0 < n <= count
        else f"[{n}]"
        for n in map(int, re.findall(r"\d+", found[2]))
    )
    return f'<span class="keep">{found[1]}{chips}</span>'


def _foot(i: int, turn: Turn) -> str:
    cited, articles = len(turn["citations"]), len(turn["sources"])
    if not articles:
        return ""
    kind = "nearest" if turn["abstained"] else "sources"
    about = f"{articles} {both('article' if articles == 1 else 'articles')}"
    about += f" · {cited} {both('places')}" if cited else ""
    opens = f'<button type="button" class="open" data-turn="{i}">{both(kind)} · {about}</button>'
    if turn["abstained"]:
        return f"<footer>{opens}{_judged(i, turn)}</footer>"
    return (
        f'<footer>{opens}<button type="button" data-copy="{escape(_plain(turn))}">'
        f'<span class="before">{both("copy")}</span><span class="after">{both("copied")}</span></button>'
        f'<span class="made">{both(turn["mode"])}</span>{_judged(i, turn)}</footer>'
    )


def _judged(i: int, turn: Turn) -> str:
    """Two thumbs and, once one is up or down, a line for a remark."""
    given = turn.get("judged") or {"thumb": "", "comment": "", "lost": ""}
    thumbs = "".join(
        f'<button type="button" data-thumb="{thumb}" aria-pressed="{str(given["thumb"] == thumb).lower()}">{both(thumb)}</button>'
        for thumb in ("up", "down")
    )
    remark = ""
    if given["lost"]:
        remark = f'<p class="notice" role="alert"><strong>{both("lost")}</strong>{escape(given["lost"])}</p>'
    elif given["comment"]:
        remark = f'<p class="kept">{both("kept")} <q>{escape(given["comment"])}</q></p>'
    elif given["thumb"]:
        remark = (
            f'<p class="kept" role="status">{both("kept")}</p><div class="remark"><label>{both("remark")}'
            f'<input maxlength="{MAX_COMMENT}"></label><button type="button" data-remark>{both("keep")}</button></div>'
        )
    return (
        f'<div class="judged" role="group" data-turn="{i}" data-given="{escape(given["thumb"])}">'
        f'<span class="sr">{both("judged")}</span>{thumbs}{remark}</div>'
    )


def judgement(turns: Sequence[Turn], number: int, thumb: Thumb, comment: str, at: str) -> Feedback:
    """What the file of judgements keeps of an answer and of the chat before it."""
    turn = turns[number]
    return Feedback(
        at=at,
        thumb=thumb,
        comment=comment[:MAX_COMMENT],
        question=turn["question"],
        history=tuple((t["question"], t["answer"]) for t in turns[:number] if "answer" in t),
        answer=turn["answer"],
        abstained=turn["abstained"],
        language=turn["language"],
        citations=tuple(turn["citations"]),
        generation=turn["generation"],
        model=turn["model"],
    )


def _plain(turn: Turn) -> str:
    """The answer and its sources for the clipboard."""
    rows = [
        " ".join(
            x
            for x in (
                f"[{c['n']}]",
                c["title"],
                "、".join(c["byline"]),
                shown(c["date"], c.get("date_basis", "")),
                c["file"],
            )
            if x
        )
        + f"\n“{c['quote']}”"
        for c in turn["citations"]
    ]
    return "\n".join([turn["question"], "", turn["answer"], "", *rows])
