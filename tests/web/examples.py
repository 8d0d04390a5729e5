"""An article, answers about it and assistants with a script, for the tests of the browser chat."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from threading import Event

from rag.schema import EVERYTHING, Answer, Article, Citation, Filter, Hit, Passage, Run, Turn

TEXT = "平湖昨天签约5个项目,总投资5亿元。其中一个是机器人项目。会议由市长主持。\n展会下月开幕。"
ARTICLE = Article(
    "a#1", "003_a.txt", "五个项目签约", ("胡佳英", "谢建伟"), "2025-07-28", "article", TEXT, (Run(0, 0, len(TEXT)),)
)
EVIL = '<script>window.hacked=1</script><img src="http://evil.example/x.png" onerror="window.hacked=1">'


def cite(n: int, quote: str, article: Article = ARTICLE) -> Citation:
    start = article.text.index(quote)
    end = start + len(quote)
    about = (article.article_id, article.title, article.byline, article.date, article.file)
    return Citation(n, *about, quote, start, end, start, end)


def hit(start: int, end: int, article: Article = ARTICLE) -> Hit:
    passage = Passage(f"{article.article_id}-{start}", article.article_id, article.text[start:end], start, end)
    return Hit(passage, article, 1.0, 0.9, 3.0)


FIRST, SECOND = "平湖昨天签约5个项目,总投资5亿元。", "其中一个是机器人项目。"
ANSWER = Answer(
    question="签约了几个项目？",
    answer=f"《五个项目签约》（2025-07-28）：\n{FIRST}[1]\n{SECOND}[2]",
    mode="extractive",
    abstained=False,
    confidence=0.9,
    language="zh",
    citations=(cite(1, FIRST), cite(2, SECOND)),
    hits=(hit(0, 40), hit(18, len(TEXT))),
    timings_ms={},
    generation="g1",
    model="m",
)
REFUSAL = replace(ANSWER, answer="文章里没有说。\n最接近的报道：\n- 《五个项目签约》", abstained=True, citations=())


def marked_words(html: str) -> list[str]:
    """The words inside ``<mark>``."""
    return [unescape(m) for m in re.findall(r"<mark>(.*?)</mark>", html, re.DOTALL)]


def visible(html: str) -> str:
    """The text without the tags."""
    return unescape(re.sub(r"<[^>]*>", "", html))


class Scripted:
    """An assistant that answers with the pieces it was made of, ``pause_s`` apart, and notes what it was asked.

    At a threading.Event it waits until the event is set.
    """

    def __init__(self, *pieces: str | Answer | Exception | Event, pause_s: float = 0.0) -> None:
        self.pieces, self.pause_s = pieces, pause_s
        self.asked: list[tuple[str, list[Turn]]] = []

    def search(self, question: str, history: Sequence[Turn] = (), k: int = 10, only: Filter = EVERYTHING) -> list[Hit]:
        return []

    def stream(self, question: str, history: Sequence[Turn] = (), only: Filter = EVERYTHING) -> Iterator[str | Answer]:
        self.asked.append((question, list(history)))
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, Event):
                piece.wait(30)
                continue
            yield piece
            time.sleep(self.pause_s)
