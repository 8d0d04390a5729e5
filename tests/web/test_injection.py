"""Nothing from outside becomes markup: hostile text in every field of every template.

The output of a template may have only the elements and attributes that stand in the template's own text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from rag.answer.citations import UNVERIFIED
from rag.schema import Article, Page, Run
from rag.web.chat import filter_html, finished_html, masthead_html, sources_html, writing_html
from rag.web.chat_turn import ChatTurn, as_stored, turns_of
from rag.web.outlined_page import as_html
from rag.web.record import failed_turn
from tests.web.examples import EVIL

pytestmark = pytest.mark.slow

TEMPLATES = files("rag.web") / "templates"
USED_BY = {
    "finished.html": ("finished.html", "parts.html", "labels.html"),
    "welcome.html": ("welcome.html", "labels.html"),
    "writing.html": ("writing.html", "parts.html", "labels.html"),
    "sources.html": ("sources.html", "labels.html"),
    "masthead.html": ("masthead.html", "labels.html"),
    "filter.html": ("filter.html", "labels.html"),
    "outlined_page.html": ("outlined_page.html",),
}
PAYLOADS = (
    EVIL,
    '"><script>window.hacked=1</script>',
    "' onmouseover='x",
    '" onfocus="x" autofocus tabindex="1',
    "</p></section></div><iframe src=//e.example>",
    "</style><script>x</script>",
    "</title></textarea><svg/onload=x>",
    "<!--",
    "--><b onclick=x>",
    "]]><x>",
    "&lt;script&gt;&#60;img src=x onerror=x&#62;",
    "{{ 7*7 }}{% raw %}{# #}",
    "${window.hacked=1}`+x+`",
    "javascript:x",
    '#" href="javascript:x',
    "[1]<i x=1>[2]",
    "《<b x>》：",
    "- <li x>",
    *UNVERIFIED.values(),
)
Markup = set[tuple[str, str]]
HOSTILE = st.lists(
    st.sampled_from([*PAYLOADS, "\n", "[1]", "[99]", "。", "甲"]) | st.text(max_size=6), min_size=1, max_size=5
).map("".join)


def elements_of(root: lxml_html.HtmlElement) -> Markup:
    """(element, attribute) pairs; (element, "") for the element itself. Comments count as elements."""
    found: Markup = set()
    for element in root.iter():
        name = element.tag if isinstance(element.tag, str) else "a comment"
        found.add((name, ""))
        found.update((name, attribute) for attribute in element.attrib)
    return found


def elements_shown(html: str) -> Markup:
    return elements_of(lxml_html.document_fromstring(html))


def elements_written(template: str) -> Markup:
    """The pairs in the text of the template and of those that it imports, Jinja's own tags taken out."""
    found = {("html", ""), ("body", "")}  # lxml adds them
    for name in USED_BY[template]:
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        found |= elements_of(
            lxml_html.document_fromstring(re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.S))
        )
    return found


def stored_turn(texts: Sequence[str], abstained: bool, mode: str, judged: dict[str, str] | None) -> dict[str, object]:
    """An answered turn as a browser may have stored it: each of its texts is the next of ``texts``, over and over."""
    place = 0

    def text() -> str:
        nonlocal place
        place += 1
        return texts[place % len(texts)]

    citation = {"n": 1, "title": text(), "byline": [text()], "date": text(), "file": text(), "quote": text()}
    source = {
        "title": text(),
        "byline": [text(), text()],
        "date": text(),
        "date_words": text(),
        "file": text(),
        "place": text(),
        "copies": [text()],
        "excerpts": [{"text": text(), "quotes": [[1, 0, 3], [2, 5, 4]]}],
    }
    turn = {
        "question": text(),
        "answer": text(),
        "mode": mode,
        "abstained": abstained,
        "notices": [text()],
        "citations": [citation, citation],
        "only": text(),
        "sources": [source, source],
    }
    return turn | ({"judged": {"comment": text(), **judged}} if judged else {})


def check(html: str, template: str) -> None:
    assert elements_shown(html) <= elements_written(template)


JUDGED = st.sampled_from([None, {"thumb": "up", "comment": "", "lost": ""}, {"thumb": "down"}])


@settings(max_examples=300)
@given(
    st.lists(HOSTILE, min_size=1, max_size=8), st.booleans(), st.sampled_from(["llm", "extractive"]), JUDGED, HOSTILE
)
def test_no_turn_adds_markup(
    texts: list[str], abstained: bool, mode: str, judged: dict[str, str] | None, lost: str
) -> None:
    stored = stored_turn(texts, abstained, mode, judged and {"lost": lost, **judged})
    turns: list[ChatTurn] = [*turns_of([stored]), failed_turn(texts[0], texts[-1])]
    assert len(turns) == 2
    check(finished_html(turns), "finished.html")
    check(sources_html(turns), "sources.html")
    check(writing_html(3, texts[0], texts[-1]), "writing.html")
    for source in turns[0].sources:
        assert source.link.startswith("page?file=")


@settings(max_examples=300)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_page_adds_markup(file: str, title: str, text: str, remark: str) -> None:
    body = f"{title}\n\n{text}\n"
    article = Article("a#1", file, title, (title,), text, "article", text, (Run(0, len(title) + 2, len(text)),))
    check(as_html(Page(file, body, "utf-8", "0" * 64), [article], remark), "outlined_page.html")


@pytest.mark.parametrize(
    ("template", "html"),
    [("masthead.html", masthead_html()), ("filter.html", filter_html()), ("welcome.html", finished_html([]))],
)
def test_parts_without_outside_text_are_what_their_templates_say(template: str, html: str) -> None:
    check(html, template)


@pytest.mark.parametrize("payload", PAYLOADS[:-2])
def test_every_field_is_shown_as_the_text_it_is(payload: str) -> None:
    """Each field in its turn holds the payload, and a reader sees the payload in full."""
    plain = stored_turn(["甲"], False, "llm", {"thumb": "up", "lost": "甲"})
    fields = ("question", "notices", "only")
    shown_in = {name: {**plain, name: [payload] if name == "notices" else payload} for name in fields}
    for name, stored in shown_in.items():
        (turn,) = turns_of([stored])
        root = lxml_html.document_fromstring(finished_html([turn]))
        assert payload in root.text_content(), name
    for name in ("title", "date", "file", "byline", "copies"):
        source = dict(plain["sources"][0])  # type: ignore[index]
        source[name] = [payload] if name in ("byline", "copies") else payload
        (turn,) = turns_of([{**plain, "sources": [source]}])
        assert payload in lxml_html.document_fromstring(sources_html([turn])).text_content(), name
    (turn,) = turns_of([{"question": "问", "error": payload, "sources": []}])
    assert payload in lxml_html.document_fromstring(finished_html([turn])).text_content()
    assert as_stored([turn])[0]["error"] == payload


def test_the_check_finds_what_is_not_escaped() -> None:
    with pytest.raises(AssertionError):
        check(finished_html([failed_turn("问", "坏了")]).replace("坏了", "<img onerror=x>"), "finished.html")
    with pytest.raises(AssertionError):
        check(
            finished_html([failed_turn("问", "坏了")]).replace('class="turn"', 'class="turn" onclick="x"'),
            "finished.html",
        )
