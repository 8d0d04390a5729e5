"""The page's markup: what is escaped, what is linked, what is kept; and the address it is served at."""

from __future__ import annotations

import json
import re
import socket
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rag.answer.assistant import Assistant
from rag.config import Settings
from rag.embedding.embedder import Embedder
from rag.errors import BadInput, EndpointError, PortInUse
from rag.indexing.build import build
from rag.schema import EVERYTHING, Answer, Article, Citation, Filter, Hit, Passage, Run, Turn
from rag.web import chat, labels, server, sources
from tests.support.paths import DATA

TEXT = "平湖昨天签约5个项目,总投资5亿元。其中一个是机器人项目。会议由市长主持。\n展会下月开幕。"
ARTICLE = Article(
    "a#1", "003_a.txt", "五个项目签约", ("胡佳英", "谢建伟"), "2025-07-28", "article", TEXT, (Run(0, 0, len(TEXT)),)
)
EVIL = '<script>window.hacked=1</script><img src="http://evil.example/x.png" onerror="window.hacked=1">[x](http://e.example)'


def cite(n: int, quote: str, article: Article = ARTICLE) -> Citation:
    start = article.text.index(quote)
    return Citation(
        n,
        article.article_id,
        article.title,
        article.byline,
        article.date,
        article.file,
        quote,
        start,
        start + len(quote),
        start,
        start + len(quote),
    )


def hit(start: int, end: int, article: Article = ARTICLE) -> Hit:
    return Hit(
        Passage(f"{article.article_id}-{start}", article.article_id, article.text[start:end], start, end),
        article,
        1.0,
        0.9,
        3.0,
    )


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


def marks(html: str) -> list[str]:
    return [unescape(m) for m in re.findall(r"<mark>(.*?)</mark>", html, re.DOTALL)]


def visible(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def markup(html: str) -> tuple[set[str], set[str]]:
    """The names of the tags and of their attributes, as a browser would read them."""
    tags: set[str] = set()
    attributes: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.add(tag)
            attributes.update(name for name, _ in attrs)

    Reader().feed(html)
    return tags, attributes


def test_each_mark_leads_to_the_quote_with_its_number() -> None:
    turn = chat.record(ANSWER)
    chips = re.findall(r'data-turn="0" data-n="(\d+)"', chat.thread([turn]))
    shown = sources.sources([turn])
    assert chips == ["1", "2"]
    assert re.findall(r'id="s0-(\d)" tabindex="-1"><b>(\d)</b>', shown) == [("1", "1"), ("2", "2")]
    assert marks(shown) == [FIRST, SECOND]
    for words in ("五个项目签约", "胡佳英、谢建伟", "2025-07-28", "003_a.txt"):
        assert words in shown


def test_passages_that_overlap_are_joined_without_a_character_lost_or_doubled() -> None:
    answer = replace(ANSWER, citations=(cite(1, FIRST), cite(2, "展会下月开幕。")))
    (source,) = chat.record(answer)["sources"]
    assert [e["text"] for e in source["excerpts"]] == [TEXT]
    assert [TEXT[start:end] for _, start, end in source["excerpts"][0]["quotes"]] == [FIRST, "展会下月开幕。"]


def test_quotes_that_overlap_are_all_shown() -> None:
    both = replace(ANSWER, citations=(cite(1, FIRST + SECOND), cite(2, SECOND)))
    assert sorted(marks(sources.sources([chat.record(both)]))) == sorted([FIRST + SECOND, SECOND])


def test_a_quote_outside_every_passage_is_shown_by_itself() -> None:
    far = replace(ANSWER, citations=(cite(1, "展会下月开幕。"),), hits=(hit(0, 18),))
    assert marks(sources.sources([chat.record(far)])) == ["展会下月开幕。"]


def test_headlines_stand_over_what_is_quoted_from_them() -> None:
    assert "<h3>《五个项目签约》（2025-07-28）</h3>" in chat.thread([chat.record(ANSWER)])


@pytest.mark.parametrize("field", ["title", "file", "date", "text", "question", "answer", "notice", "byline", "copies"])
def test_nothing_from_outside_becomes_markup(field: str) -> None:
    article = replace(
        ARTICLE,
        **{
            "title": {"title": EVIL},
            "file": {"file": EVIL},
            "date": {"date": EVIL},
            "text": {"text": EVIL + TEXT},
            "byline": {"byline": (EVIL,)},
            "copies": {"copies": (EVIL,)},
        }.get(field, {}),
    )
    quote = article.text[:40]
    answer = replace(
        ANSWER,
        question=EVIL if field == "question" else "？",
        hits=(hit(0, 60, article),),
        citations=(cite(1, quote, article),),
        answer=f"{EVIL if field == 'answer' else quote}[1]",
        notices=(EVIL,) if field == "notice" else (),
    )
    judged = [
        {**chat.record(answer), "judged": {"thumb": thumb, "comment": EVIL if thumb == "down" else "", "lost": lost}}
        for thumb, lost in (("up", ""), ("down", ""), ("up", EVIL))
    ]
    for turn in (chat.record(answer), chat.record(replace(answer, abstained=True)), chat.failure(EVIL, EVIL), *judged):
        html = chat.thread([turn]) + sources.sources([turn]) + chat.thread([], EVIL, EVIL)
        tags, attributes = markup(html)
        assert tags <= {
            "div",
            "section",
            "aside",
            "article",
            "header",
            "footer",
            "blockquote",
            "h2",
            "h3",
            "p",
            "ul",
            "li",
            "span",
            "strong",
            "b",
            "i",
            "sup",
            "mark",
            "time",
            "button",
            "label",
            "input",
            "q",
            "a",
        }
        assert attributes <= {
            "class",
            "id",
            "type",
            "role",
            "tabindex",
            "hidden",
            "aria-hidden",
            "aria-busy",
            "aria-labelledby",
            "data-turn",
            "data-n",
            "data-copy",
            "data-ask",
            "data-thumb",
            "data-given",
            "data-remark",
            "aria-pressed",
            "maxlength",
            "href",
            "target",
            "rel",
        }
    assert "<script>" in visible(html)


def test_only_marks_that_refer_to_something_are_buttons() -> None:
    written = replace(ANSWER, mode="llm", answer="签约5个[1][2]，见[9]和[0]。（未核实）")
    html = chat.thread([chat.record(written)])
    assert re.findall(r'data-n="(\d+)"', html) == ["1", "2"]
    assert "[9]" in visible(html)
    assert "[0]" in visible(html)
    assert '<span class="unverified">（未核实）</span>' in html


def test_brackets_inside_quoted_words_are_the_articles_own() -> None:
    html = chat.thread([chat.record(replace(ANSWER, answer="据报告[2]，签约5个。[1]"))])
    assert re.findall(r'data-n="(\d+)"', html) == ["1"]
    assert "据报告[2]" in visible(html)


def test_a_refusal_shows_the_nearest_articles_and_marks_nothing() -> None:
    turn = chat.record(REFUSAL)
    assert 'class="answer refusal"' in chat.thread([turn])
    assert "<li>《五个项目签约》</li>" in chat.thread([turn])
    assert "003_a.txt" in sources.sources([turn])
    assert marks(sources.sources([turn])) == []


def test_the_sources_of_the_latest_answer_are_in_view_and_the_others_are_there() -> None:
    turns = [chat.record(ANSWER), chat.record(REFUSAL), chat.failure("？", "坏了")]
    panels = re.findall(r'<aside class="panel" data-turn="(\d)"( hidden)?>', sources.sources(turns))
    assert panels == [("0", " hidden"), ("1", "")]


def test_every_label_has_two_languages() -> None:
    assert all(zh and en and not re.search(r"[A-Za-z]{2}", zh) for zh, en in labels.TEXT.values())
    assert set(chat.EXAMPLES) == {"zh", "en"}


def test_a_chat_survives_json_and_what_cannot_be_shown_is_dropped() -> None:
    kept = json.loads(json.dumps([chat.record(ANSWER), chat.failure("？", "坏了")]))
    assert chat.restored([*kept, {"question": "无"}, 7, None, {**kept[0], "sources": [{"title": 3}]}]) == kept
    assert chat.restored("nonsense") == []


class Scripted:
    """An assistant whose answers are given; it notes what it was asked."""

    def __init__(self, *pieces: str | Answer | Exception) -> None:
        self.pieces, self.asked = pieces, []

    def search(self, question: str, history: Sequence[Turn] = (), k: int = 10, only: Filter = EVERYTHING) -> list[Hit]:
        return []

    def stream(self, question: str, history: Sequence[Turn] = (), only: Filter = EVERYTHING) -> Iterator[str | Answer]:
        self.asked.append((question, list(history)))
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def asked(assistant: Any, question: str, stored: object) -> list[tuple[Any, ...]]:
    return list(server._asker(assistant)(question, stored, None))


def test_an_empty_question_does_nothing() -> None:
    assistant = Scripted(ANSWER)
    (frame,) = asked(assistant, "  \n", [])
    assert all(isinstance(part, dict) and "value" not in part for part in frame)
    assert assistant.asked == []


def test_a_follow_up_is_asked_with_the_earlier_turns() -> None:
    assistant = Scripted("正文", ANSWER)
    *_, (_, _, _, turns) = asked(assistant, "其中呢？", [chat.record(REFUSAL), chat.failure("甲？", "坏了")])
    assert assistant.asked == [("其中呢？", [(REFUSAL.question, REFUSAL.answer)])]
    assert [t["question"] for t in turns] == [REFUSAL.question, "甲？", ANSWER.question]


def test_an_error_is_one_line_in_the_chat() -> None:
    *_, (_, thread, _, turns) = asked(
        Scripted("半句", EndpointError("接口没有回答：检查 OPENAI_BASE_URL。")), "甲？", []
    )
    assert "接口没有回答：检查 OPENAI_BASE_URL。" in thread
    assert "半句" not in thread
    assert turns[0]["error"]


def test_what_is_being_written_shows_no_marks_yet() -> None:
    frames = asked(Scripted("签约5个[3]。", ANSWER), "甲？", [])
    assert "签约5个。" in visible(frames[1][1])
    assert 'aria-busy="true"' in frames[1][1]


def test_a_taken_port_is_said_in_one_line_with_the_command() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"^Port {port} is taken: .*`rag serve --port \d+`\.$"):
            server.serve(Scripted(), "127.0.0.1", port)  # type: ignore[arg-type]


def test_an_address_of_another_machine_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"^Cannot listen on 192\.0\.2\.1, port 7860"):
        server.serve(Scripted(), "192.0.2.1", 7860)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(server.application(Scripted(), Path("/dev/null")), base_url="http://127.0.0.1:7860") as client:  # type: ignore[arg-type]
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=pyproject.toml",
        "/gradio_api/upload",
        "/gradio_api/proxy=http://e.example",
        "/gradio_api/stream/x",
        "/gradio_api/vibe-code/",
        "/gradio_api/runs",
        "/monitoring",
        "/docs",
        "/static/../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/routes.py",
    ],
)
def test_no_route_but_the_page_s_own(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in {403, 404}


def test_the_page_allows_nothing_from_elsewhere(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, seeds: Path
) -> Iterator[tuple[TestClient, Path]]:
    """The page over an index of a folder of its own: a text, a PDF, an archive."""
    folder = tmp_path_factory.mktemp("pages")
    text = next(seeds.glob("003_*.txt"))
    (folder / "甲 1.txt").write_bytes(text.read_bytes())
    (folder / "a.pdf").write_bytes((DATA / "paper.pdf").read_bytes())
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        archive.write(text, "内/c.txt")
    (folder / "secret.txt.bak").write_text("secret")
    index_dir = tmp_path_factory.mktemp("index")
    build(folder, index_dir, embedder)
    assistant = Assistant(Settings(index_dir=index_dir), embedder)
    with TestClient(server.application(assistant, Path("/dev/null")), base_url="http://127.0.0.1:7860") as client:
        yield client, folder


@pytest.mark.parametrize(
    ("file", "headline"),
    [("甲 1.txt", "谋未来 见未来 赢未来"), ("a.pdf#2", ""), ("b.zip/内/c.txt", "谋未来 见未来 赢未来")],
)
def test_a_source_leads_to_its_page(pages: tuple[TestClient, Path], file: str, headline: str) -> None:
    answer = pages[0].get("/page", params={"file": file})
    assert answer.status_code == 200
    assert f"<title>{file}</title>" in answer.text
    assert headline in answer.text
    assert 'class="story h0" id="a1"' in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")


@pytest.mark.parametrize(
    "file", ["../secret.txt", "secret.txt.bak", "/etc/passwd", "a.pdf", "b.zip", "", "甲 1.txt/../../x"]
)
def test_no_other_file_is_shown(pages: tuple[TestClient, Path], file: str) -> None:
    answer = pages[0].get("/page", params={"file": file})
    assert (answer.status_code, answer.text) == (
        404,
        f"{file} is no file of the index: run `rag index` with its folder.",
    )


def test_a_page_that_changed_or_went_says_so(pages: tuple[TestClient, Path]) -> None:
    client, folder = pages
    file = folder / "甲 1.txt"
    kept = file.read_bytes()
    file.write_bytes(kept + "又一行。".encode())
    assert "changed since it was indexed" in client.get("/page", params={"file": file.name}).text
    file.unlink()
    gone = client.get("/page", params={"file": file.name})
    assert (gone.status_code, "is no longer in" in gone.text) == (404, True)
    file.write_bytes(kept)
    assert "changed since" not in client.get("/page", params={"file": file.name}).text


def test_words_from_a_continuation_lead_to_the_file_they_stand_in() -> None:
    split = TEXT.index("展会")
    article = replace(ARTICLE, runs=(Run(0, 0, split), Run(split, 5, len(TEXT) - split, "004_b.txt")))
    there = replace(cite(2, "展会下月开幕。", article), file="004_b.txt")
    answer = replace(ANSWER, hits=(hit(0, len(TEXT), article),), citations=(cite(1, FIRST, article), there))
    shown = chat.record(answer)["sources"]
    assert [(s["file"], s["place"], [q[0] for e in s["excerpts"] for q in e["quotes"]]) for s in shown] == [
        ("003_a.txt", "a1", [1]),
        ("004_b.txt", "", [2]),
    ]
