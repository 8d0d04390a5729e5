"""A chat -> the HTML of the browser page: pure functions, and the only place where its markup is made.

Whatever comes from an article, a question or a language model goes through ``html.escape`` here, so
it is shown and never run. Each label stands in the page in both languages, and the style sheet shows one:
switching needs no server and loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from rag import payload
from rag.citations import UNVERIFIED
from rag.extractive import label
from rag.schema import Answer, Article, Language

Turn = dict[str, Any]
"""A question and its answer as a chat keeps them: plain JSON, enough to show both and every source again."""

TEXT: dict[str, tuple[str, str]] = {
    "name": ("报问", "Baowen"),
    "tagline": ("向报纸提问，句句有出处", "Ask the newspapers; every sentence shows its source"),
    "question": ("问题", "Question"),
    "placeholder": ("想从报道里知道什么？", "What would you like to know?"),
    "send": ("提问", "Ask"),
    "renew": ("新对话", "New chat"),
    "language": ("语言", "Language"),
    "welcome": ("从报道里找答案", "Find it in the papers"),
    "promise": ("答案取自馆藏报道，每句话后的数字指向原文。报道没有说的，这里也不说。",
                "Answers come from the articles held here. The number behind each sentence leads to the original "
                "words; what the articles do not say is not said here."),
    "try": ("可以这样问", "Try asking"),
    "reading": ("正在查阅报道", "Reading the articles"),
    "sources": ("出处", "Sources"),
    "nearest": ("最接近的报道", "Nearest articles"),
    "not_used": ("以下报道与问题最接近，但没有作为答案的依据。",
                 "These come nearest to the question; no answer rests on them."),
    "no_sources": ("出处会列在这里：标题、作者、文件，以及标出引文的原文段落。",
                   "The sources appear here: headline, byline, file, and the passage with the quoted words marked."),
    "by": ("文／", "By "),
    "source": ("出处", "Source"),
    "places": ("处引文", "quotations"),
    "articles": ("篇报道", "articles"),
    "article": ("篇报道", "article"),
    "copy": ("复制答案与出处", "Copy with sources"),
    "copied": ("已复制", "Copied"),
    "back": ("回到正文", "Back to the answer"),
    "failed": ("这个问题没有答成", "This question could not be answered"),
    "llm": ("由语言模型撰写，引文已核对", "Written by a language model, quotations checked"),
    "extractive": ("报道原句", "The articles' own sentences"),
}
EXAMPLES: dict[Language, tuple[str, ...]] = {
    "zh": ("平湖签约了哪些人工智能项目？", "普罗宇宙机器人项目总投资多少？", "是石科技在世界人工智能大会上展示了什么？",
           "重庆人工智能创新中心有什么作用？"),
    "en": ("What AI projects has Pinghu signed?", "How much is invested in the AI projects signed in Pinghu?",
           "What does the Chongqing AI innovation center offer?"),
}
_MARKS = re.compile(r"([^\s;]?)((?:\[\d{1,3}\])+)")
_LAST_MARKS = re.compile(_MARKS.pattern + "$")
_HEADING = re.compile(r"(?:《.*》|（无标题）.*……)(?:（[^（）]*）)?[：:]")


def both(key: str) -> str:
    """The label in Chinese and in English."""
    zh, en = TEXT[key]
    return f'<span class="zh">{escape(zh)}</span><span class="en">{escape(en)}</span>'


def record(answer: Answer) -> Turn:
    """What the chat keeps of an answer."""
    return {
        "question": answer.question, "answer": answer.answer, "mode": answer.mode, "abstained": answer.abstained,
        "notices": list(answer.notices), "citations": [payload.citation(c) for c in answer.citations],
        "sources": _nearest(answer) if answer.abstained else _cited(answer)}


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
        '<button type="button" data-language="en" lang="en">English</button></div></div></header>')


def thread(turns: Sequence[Turn], pending: str | None = None, partial: str = "") -> str:
    """The chat. ``pending`` is a question being answered, ``partial`` what has been written of it."""
    shown = [_turn(i, turn) for i, turn in enumerate(turns)]
    if pending is not None:
        unmarked = _MARKS.sub(r"\1", partial)  # a language model's marks count once they are verified
        body = f'<div class="answer">{_prose(unmarked, None, 0)}</div>' if partial else ""
        waiting = f'<p class="reading">{both("reading")}<i></i><i></i><i></i></p>'
        shown.append(f'<section class="turn" data-turn="{len(turns)}" aria-busy="true">{_question(pending)}'
                     f'{body}{waiting}</section>')
    return f'<div class="turns">{"".join(shown)}</div>' if shown else _welcome()


def sources(turns: Sequence[Turn]) -> str:
    """The sources of every answer, those of the latest in view."""
    with_any = [i for i, turn in enumerate(turns) if turn["sources"]]
    if not with_any:
        return (f'<aside class="panel none"><h2>{both("sources")}</h2>'
                f'<p class="hint">{both("no_sources")}</p></aside>')
    return "".join(_panel(i, turns[i], hidden=i != with_any[-1]) for i in with_any)


def _welcome() -> str:
    lists = "".join(
        f'<ul class="{language}">' + "".join(
            f'<li><button type="button" data-ask>{escape(q)}</button></li>' for q in questions) + "</ul>"
        for language, questions in EXAMPLES.items())
    return (f'<div class="welcome"><h2>{both("welcome")}</h2><p>{both("promise")}</p>'
            f'<h3>{both("try")}</h3>{lists}</div>')


def _question(question: str) -> str:
    return (f'<h2 class="question"><span class="seal" aria-hidden="true"><span class="zh">问</span>'
            f'<span class="en">Q</span></span>{escape(question)}</h2>')


def _turn(i: int, turn: Turn) -> str:
    if "error" in turn:
        body = f'<div class="notice failed" role="alert"><strong>{both("failed")}</strong>{escape(turn["error"])}</div>'
    else:
        notices = "".join(f'<p class="notice">{escape(n)}</p>' for n in turn["notices"])
        written = _refusal(turn["answer"]) if turn["abstained"] else (
            f'<div class="answer">{_prose(turn["answer"], turn, i)}</div>')
        body = notices + written + _foot(i, turn)
    return f'<section class="turn" data-turn="{i}">{_question(turn["question"])}{body}</section>'


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
        f'<span class="sr">{both("source")} </span>{n}</button></sup>' if 0 < n <= count else f"[{n}]"
        for n in map(int, re.findall(r"\d+", found[2])))
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
        return f"<footer>{opens}</footer>"
    return (f'<footer>{opens}<button type="button" data-copy="{escape(_plain(turn))}">'
            f'<span class="before">{both("copy")}</span><span class="after">{both("copied")}</span></button>'
            f'<span class="made">{both(turn["mode"])}</span></footer>')


def _plain(turn: Turn) -> str:
    """The answer and its sources for the clipboard."""
    rows = [" ".join(x for x in (f'[{c["n"]}]', c["title"], "、".join(c["byline"]), c["date"], c["file"]) if x)
            + f'\n“{c["quote"]}”' for c in turn["citations"]]
    return "\n".join([turn["question"], "", turn["answer"], "", *rows])


def _panel(i: int, turn: Turn, hidden: bool) -> str:
    cards = "".join(_card(i, k, source) for k, source in enumerate(turn["sources"]))
    hint = f'<p class="hint">{both("not_used")}</p>' if turn["abstained"] else ""
    return (f'<aside class="panel" data-turn="{i}"{" hidden" if hidden else ""}>'
            f'<div class="head"><h2>{both("nearest" if turn["abstained"] else "sources")}</h2>'
            f'<button type="button" class="back" data-turn="{i}">{both("back")}</button></div>'
            f'<p class="asked">{escape(turn["question"])}</p>{hint}{cards}</aside>')


def _card(i: int, k: int, source: dict[str, Any]) -> str:
    about = [f'{both("by")}{escape("、".join(source["byline"]))}'] if source["byline"] else []
    about += [f'<time>{escape(source["date"])}</time>'] if source["date"] else []
    excerpts = "".join(f"<blockquote>{_excerpt(i, e)}</blockquote>" for e in source["excerpts"])
    return (f'<article class="card" aria-labelledby="h{i}-{k}"><h3 id="h{i}-{k}">{escape(source["title"])}</h3>'
            f'<p class="about">{" · ".join(about)}</p><p class="file">{escape(source["file"])}</p>{excerpts}</article>')


def _excerpt(i: int, excerpt: dict[str, Any]) -> str:
    text, at, out = excerpt["text"], 0, []
    for n, start, end in excerpt["quotes"]:
        out.append(f'{escape(text[at:start])}<span class="cited" id="s{i}-{int(n)}" tabindex="-1">'
                   f"<b>{int(n)}</b><mark>{escape(text[start:end])}</mark></span>")
        at = end
    return "".join([*out, escape(text[at:])])


def _nearest(answer: Answer) -> list[dict[str, Any]]:
    first = {h.article.article_id: h for h in reversed(answer.hits)}
    nearest = sorted(first.values(), key=answer.hits.index)[:3]
    return [_source(h.article, [{"text": h.passage.text, "quotes": []}]) for h in nearest]


def _cited(answer: Answer) -> list[dict[str, Any]]:
    """The articles quoted, in the order of their first mark, with the passages that hold the quoted words."""
    articles = {h.article.article_id: h.article for h in answer.hits}
    out = []
    for article in (articles[a] for a in dict.fromkeys(c.article_id for c in answer.citations)):
        quotes = sorted((c.start, c.end, c.n) for c in answer.citations if c.article_id == article.article_id)
        around = sorted(next(
            ((h.passage.start, h.passage.end) for h in answer.hits
             if h.article is article and h.passage.start <= start and end <= h.passage.end), (start, end))
            for start, end, _ in quotes)
        spans: list[tuple[int, int]] = []
        for start, end in around:
            if spans and start <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(end, spans[-1][1])
            else:
                spans.append((start, end))
        out.append(_source(article, [e for span in spans for e in _excerpts(article, span, quotes)]))
    return out


def _excerpts(article: Article, span: tuple[int, int], quotes: Sequence[tuple[int, int, int]]) -> list[dict[str, Any]]:
    """The passage with its quotes; one that overlaps an earlier one is shown by itself."""
    first, last = span
    marked: list[list[int]] = []
    alone: list[dict[str, Any]] = []
    for start, end, n in quotes:
        if not first <= start < last:
            continue
        if marked and start - first < marked[-1][2]:
            alone.append({"text": article.text[start:end], "quotes": [[n, 0, end - start]]})
        else:
            marked.append([n, start - first, end - first])
    return [{"text": article.text[first:last], "quotes": marked}, *alone]


def _source(article: Article, excerpts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"title": article.title or label(article), "byline": list(article.byline), "date": article.date,
            "file": article.file, "excerpts": excerpts}
