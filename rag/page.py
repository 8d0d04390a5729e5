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


STYLE = """
:root { --paper: #f6f2e9; --sheet: #fdfbf6; --ink: #1f1c18; --soft: #5e574d; --faint: #6f675b; --rule: #d9d0bf;
  --red: #9c2f1f; --red-wash: #f3e2d8; --marker: #f8ebbd; --marker-now: #f5d66b; --marker-ink: #1f1c18;
  --serif: "Source Han Serif SC", "Noto Serif SC", "Noto Serif CJK SC", "Songti SC", STSong, SimSun, Georgia, serif;
  --sans: system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif; }
.dark { --paper: #171614; --sheet: #1f1d1a; --ink: #ece6da; --soft: #b3aa9b; --faint: #9a9183; --rule: #3a3630;
  --red: #e58a74; --red-wash: #3a241e; --marker: #443a1c; --marker-now: #6f5a17; --marker-ink: #fbf1cf; }
html:not([data-language=en]) .en, html[data-language=en] .zh { display: none !important; }
html { background: transparent !important; }
body { background: var(--paper) !important; }
.gradio-container { background: var(--paper) !important; color: var(--ink); font-family: var(--sans) !important;
  padding: 0 !important; max-width: none !important; min-height: 100dvh; }
.gradio-container, .gradio-container .main { overflow: visible !important; }
.gradio-container .main, .gradio-container .html-container { padding: 0 !important; max-width: none !important; }
.gradio-container main > .column { display: flex; flex-direction: column; gap: 0 !important; height: 100dvh; }
.gradio-container footer:empty { display: none; }
.gradio-container button:focus-visible, .gradio-container :focus-visible { outline: 2px solid var(--red);
  outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
#masthead, #thread, #sources { padding: 0; margin: 0; color: var(--ink); min-width: 0; border-radius: 0; }
#masthead { flex: none; }
#masthead button, #thread button, #sources button { font: inherit; color: inherit; background: none; border: 0;
  padding: 0;
  cursor: pointer; }
#masthead h1, #thread h2, #thread h3, #sources h2, #sources h3 { font-family: var(--serif); color: var(--ink);
  margin: 0;
  font-weight: 700; line-height: 1.45; text-wrap: pretty; }
#masthead p, #thread p, #sources p { margin: 0; color: inherit; }

.masthead { display: flex; justify-content: space-between; align-items: center; gap: 16px; padding: 12px 32px 10px;
  border-bottom: 3px double var(--rule); }
.masthead .title { display: flex; align-items: baseline; gap: 16px; min-width: 0; }
.masthead h1 { font-size: 28px; letter-spacing: .08em; white-space: nowrap; }
#masthead button { white-space: nowrap; }
#masthead .en, #thread .en, #sources .en { letter-spacing: 0; }
#masthead .title p { color: var(--soft); font-size: 14px; }
.masthead .tools { display: flex; align-items: center; gap: 20px; font-size: 14px; color: var(--soft); }
#masthead .renew { padding: 8px 2px; white-space: nowrap; }
#masthead button:hover, #thread footer button:hover, #sources .back:hover { color: var(--red); }
.languages { display: flex; border: 1px solid var(--rule); border-radius: 4px; overflow: hidden; }
#masthead .languages button { padding: 6px 12px; }
#masthead .languages button[aria-pressed=true] { background: var(--ink); color: var(--paper); }

#desk { display: grid !important; grid-template: "thread sources" minmax(0, 1fr) "composer sources" auto
  / minmax(0, 1fr) minmax(360px, 34%); gap: 0 !important; align-items: stretch;
  flex: 1; min-height: 0; }
#thread, #sources { scrollbar-width: thin; scrollbar-color: var(--rule) transparent; }
#thread { grid-area: thread; overflow-y: auto !important; }
#sources { grid-area: sources; overflow-y: auto !important; border-left: 1px solid var(--rule);
  background: var(--sheet); }
#composer { grid-area: composer; }

.turns, .welcome { max-width: 43em; margin: 0 auto; padding: 28px 32px 40px; font-size: 16px; line-height: 1.85; }
.turn { padding-bottom: 32px; scroll-margin-top: 12px; }
.turn + .turn:last-child { min-height: calc(100dvh - 180px); }
.turn + .turn { border-top: 1px solid var(--rule); padding-top: 28px; }
.question { display: flex; gap: 12px; font-size: 22px; margin-bottom: 16px !important; overflow-wrap: anywhere; }
.seal { flex: none; width: 30px; height: 30px; margin-top: 1px; border-radius: 4px; background: var(--red);
  color: var(--paper); font-size: 17px; display: grid; place-items: center; }
.answer h3 { font-size: 15px; color: var(--soft) !important; margin: 20px 0 6px !important; padding-top: 2px; }
.answer p + p { margin-top: 10px !important; }
.answer, .card, .notice { overflow-wrap: anywhere; }
.answer sup { line-height: 0; vertical-align: baseline; position: relative; top: -.45em; margin-left: 3px; }
#thread .chip { min-width: 20px; padding: 3px 5px; border-radius: 4px; background: var(--red-wash); color: var(--red);
  font: 600 12px/1.15 var(--sans); position: relative; }
#thread .chip::after { content: ""; position: absolute; inset: -6px -3px; }
#thread .chip:hover, #thread .chip.current { background: var(--red); color: var(--paper); }
.unverified { color: var(--red); font-size: .85em; border-bottom: 1px dashed; }
.turn footer { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 18px; font-size: 13.5px;
  color: var(--faint); }
#thread footer button { padding: 4px 0; text-decoration: underline; text-decoration-color: var(--rule);
  text-underline-offset: 4px; }
#thread footer .made { padding: 4px 0; margin-left: auto; }
.after, .done .before { display: none; } .done .after { display: inline; }
.notice { border-left: 3px solid var(--red); background: var(--red-wash); padding: 10px 16px;
  margin-bottom: 16px !important;
  font-size: 14.5px; border-radius: 0 4px 4px 0; }
.notice strong { display: block; font-family: var(--serif); color: var(--ink); }
.refusal { border: 1px solid var(--rule); border-radius: 4px; background: var(--sheet); padding: 18px 22px; }
.refusal strong { font: 700 18px/1.6 var(--serif); color: var(--ink); }
.refusal p { color: var(--soft) !important; font-size: 14px; margin-top: 8px !important; }
.refusal ul { margin: 4px 0 0; padding: 0 0 0 1.1em; list-style: "– "; font-family: var(--serif); }
.reading { color: var(--soft) !important; font-size: 15px; }
.reading i { display: inline-block; width: 4px; height: 4px; margin-left: 4px; border-radius: 50%;
  background: currentcolor;
  animation: breathe 1.2s infinite; } .reading i:nth-of-type(2) { animation-delay: .2s }
.reading i:nth-of-type(3) { animation-delay: .4s }
@keyframes breathe { 0%, 70%, 100% { opacity: .2 } 35% { opacity: 1 } }

.welcome { padding-top: 9vh; }
.welcome h2 { font-size: 34px; letter-spacing: .04em; }
#thread .welcome p { color: var(--soft); margin-top: 12px; max-width: 36em; }
.welcome h3 { font: 600 13px/1.5 var(--sans) !important; color: var(--faint) !important;
  margin: 36px 0 4px !important; }
.welcome ul { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--rule); }
.welcome li { margin: 0; border-bottom: 1px solid var(--rule); }
#thread .welcome button { display: block; width: 100%; text-align: left; padding: 12px 28px 12px 0; line-height: 1.6;
  font: 17px/1.6 var(--serif); position: relative; }
#thread .welcome button::after { content: "→"; position: absolute; right: 4px; color: var(--faint);
  font-family: var(--sans); }
#thread .welcome button:hover { color: var(--red); }

#composer { display: flex; flex-wrap: nowrap; gap: 0 !important; align-items: flex-end; max-width: 45em;
  width: calc(100% - 48px);
  margin: 8px auto 20px; background: var(--sheet); border: 1px solid var(--rule); border-radius: 6px; padding: 6px; }
#composer:focus-within { border-color: var(--red); }
#question { flex: 1; min-width: 0 !important; padding: 0 !important; border: 0 !important;
  background: none !important; }
#question textarea { background: none !important; border: 0 !important; box-shadow: none !important;
  outline: 0 !important;
  padding: 9px 12px !important; font: 16px/1.5 var(--sans) !important; color: var(--ink) !important; }
#question textarea::placeholder { color: var(--faint) !important; opacity: 1; }
#send { flex: none; min-width: 72px !important; height: 42px; border-radius: 4px; border: 0; box-shadow: none;
  background: var(--red) !important; color: var(--paper) !important; font: 600 15px var(--sans) !important; }

.panel { padding: 22px 26px 40px; }
.panel[hidden], .panel[hidden] * { display: none !important; }
.panel .head { display: flex; justify-content: space-between; align-items: baseline; }
.panel h2 { font-size: 18px; letter-spacing: .06em; }
#sources .back { display: none; color: var(--red); font-size: 14px; padding: 8px 0; }
#sources .asked { color: var(--faint); font-size: 13.5px; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; }
#sources .hint { color: var(--faint); font-size: 14.5px; line-height: 1.8; margin-top: 8px; }
.card { margin-top: 18px; padding-top: 16px; border-top: 2px solid var(--ink); }
.card h3 { font-size: 17.5px; }
#sources .about { color: var(--soft); font-size: 13.5px; margin-top: 4px; }
#sources .file { color: var(--faint); font: 12px/1.6 ui-monospace, Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
#sources blockquote { margin: 12px 0 0; padding: 0; border: 0; font: 15px/1.95 var(--serif); color: var(--soft);
  white-space: pre-line; text-align: justify; }
#sources blockquote + blockquote { border-top: 1px dashed var(--rule); padding-top: 12px; }
.cited { scroll-margin: 90px; border-radius: 3px; }
#sources .cited:focus { outline: 0; }
.cited b { font: 600 12px/1.2 var(--sans); color: var(--red); background: var(--red-wash); border-radius: 4px;
  padding: 2px 5px; margin: 0 4px 0 2px; }
.cited mark { background: var(--marker); color: var(--marker-ink); padding: 2px 0; box-decoration-break: clone;
  -webkit-box-decoration-break: clone; }
.cited.current b { background: var(--red); color: var(--paper); }
.cited.current mark { background: var(--marker-now); }
#sources blockquote:has(.current) { box-shadow: -14px 0 0 -11px var(--red); }
.lit { animation: lit 2.4s ease-out; }
@keyframes lit { 0%, 40% { background: var(--red-wash); } 100% { background: transparent; } }
.keep { white-space: nowrap; }

@media (max-width: 860px) {
  .masthead { padding: 8px 16px; } .masthead h1 { font-size: 23px; } .masthead .tools { gap: 12px; font-size: 13px; }
  #masthead .title p { display: none; } #masthead .languages button { padding: 8px 10px; }
  .gradio-container main > .column { height: auto; min-height: 100dvh; }
  #desk { display: flex !important; flex-direction: column; flex-wrap: nowrap !important; }
  #thread, #sources { overflow: visible !important; width: 100%; flex: none; }
  #sources { order: 2; border-left: 0; border-top: 3px double var(--rule); flex: 1 0 auto; }
  #composer { order: 3; position: sticky; bottom: 0; z-index: 5; width: 100%; margin: 0; border-radius: 0;
    border-width: 1px 0 0; padding: 8px 12px calc(8px + env(safe-area-inset-bottom)); }
  .turns, .welcome { padding: 20px 16px 12px; width: 100%; }
  .turn + .turn:last-child { min-height: 0; }
  .welcome { padding-top: 5vh; }
  .welcome h2 { font-size: 27px; }
  .question { font-size: 19px; } .seal { width: 26px; height: 26px; font-size: 15px; }
  .panel { padding: 16px 16px 32px; }
  .panel .head { position: sticky; top: 0; z-index: 4; background: var(--sheet); } #sources .back { display: block; }
  #thread footer .made { margin-left: 0; }
}
@media (prefers-reduced-motion: reduce) { .reading i, .lit { animation: none; } }
"""
