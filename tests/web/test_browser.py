"""The page in Chromium: questions in both languages, sources in view, reload, language, filter, theme.

The tests are skipped without Chromium, unless BAOWEN_BROWSER_REQUIRED=1.
"""

from __future__ import annotations

import re

import pytest

from tests.web.browser import CHINESE, ENGLISH, Open, ask, fits, needs_chromium, wait_in_view

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.mark.parametrize("question", [CHINESE, ENGLISH])
def test_both_languages_are_answered_from_the_right_pages(site: str, opened: Open, question: str) -> None:
    tab = opened(site)
    turn = ask(tab, question)
    assert turn.locator(".chip").count() > 0
    files = tab.locator("#sources .panel:not([hidden]) .file").all_inner_texts()
    assert any(f.startswith("003_") for f in files)
    assert any(f.startswith("004_") for f in files)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_mark_brings_the_quoted_words_into_view_and_the_way_back(
    site: str,
    opened: Open,
    width: int,
    height: int,
    way: str,
) -> None:
    tab = opened(site, width, height)
    turn = ask(tab, CHINESE)
    chip = turn.locator(".chip").last
    number = chip.get_attribute("data-n")
    quoted = chip.evaluate("chip => chip.closest('p').firstChild.textContent")
    if way == "mouse":
        chip.click()
    else:
        chip.focus()
        tab.keyboard.press("Enter")
    cited = f"#s0-{number}"
    wait_in_view(tab, f"{cited} mark")
    assert tab.locator(f"{cited} mark").inner_text().startswith(quoted)
    assert tab.locator(f"{cited} b").inner_text() == number
    assert tab.locator("#sources blockquote.lit").count() == 1
    assert tab.evaluate("document.activeElement.id") == cited[1:]
    tab.keyboard.press("Escape")
    wait_in_view(tab, ".chip.current")
    assert tab.evaluate("document.activeElement.dataset.n") == number


def test_a_chat_keeps_each_answer_s_sources_through_a_reload(site: str, opened: Open) -> None:
    tab = opened(site)
    ask(tab, CHINESE)
    assert "refusal" in ask(tab, "火星上有多少人口？").inner_html()
    shown = tab.locator("#sources .panel:not([hidden])")
    assert shown.get_attribute("data-turn") == "1"
    for _ in range(2):
        tab.locator('.turn[data-turn="0"] .chip').first.click()
        assert shown.get_attribute("data-turn") == "0"
        wait_in_view(tab, "#s0-1 mark")
        tab.reload()
        tab.wait_for_selector(".turn")
    tab.click("[data-renew]")
    tab.wait_for_selector("[data-ask]")
    assert tab.locator(".turn").count() == 0


def test_the_language_switches_everything_and_keeps_the_chat(site: str, opened: Open) -> None:
    tab = opened(site)
    assert tab.locator("html").get_attribute("lang") == "zh-CN"
    ask(tab, CHINESE)
    tab.click("#masthead [data-language=en]")
    tab.wait_for_function("document.querySelector('#send').innerText === 'Ask'")
    assert tab.locator("#question textarea").get_attribute("placeholder") == "What would you like to know?"
    assert tab.locator(".turn").count() == 1
    assert "Sources" in tab.locator("#sources .panel h2").inner_text()
    chrome = tab.locator(".masthead .tools .renew, .turn footer, #sources .head").all_inner_texts()
    assert not re.search(r"[\u4e00-\u9fff]", " ".join(chrome))
    tab.reload()
    tab.wait_for_function("document.querySelector('#send')?.innerText === 'Ask'")
    assert tab.locator("html").get_attribute("lang") == "en"
    tab.click("#masthead [data-language=zh]")
    tab.wait_for_function("document.querySelector('#send').innerText === '提问'")


def test_an_example_is_asked_by_a_click_and_an_empty_question_is_not(site: str, opened: Open) -> None:
    tab = opened(site)
    tab.click("#send")
    tab.press("#question textarea", "Enter")
    tab.wait_for_timeout(500)
    assert tab.locator(".turn").count() == 0
    tab.locator("[data-ask]:visible").first.click()
    tab.wait_for_selector(".turn footer")
    assert tab.locator(".turn").count() == 1


@pytest.mark.parametrize(("scheme", "query"), [("light", ""), ("dark", ""), ("light", "?__theme=dark")])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_and_follows_the_theme(site: str, opened: Open, width: int, scheme: str, query: str) -> None:
    tab = opened(site + query, width, 844, scheme)
    assert fits(tab)
    ask(tab, CHINESE)
    assert fits(tab)
    dark = "dark" in scheme + query
    for selector in ("body", "#sources"):
        colour = tab.locator(selector).evaluate("e => getComputedStyle(e).backgroundColor")
        light = sum(map(int, re.findall(r"\d+", colour)[:3])) / 3
        assert light < 60 if dark else light > 200
    wide = tab.locator(".answer p").first.bounding_box()["width"]
    assert wide <= 720
    if width == 390:
        assert tab.locator("#sources").bounding_box()["y"] > tab.locator("#thread .turn").last.bounding_box()["y"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_question_goes_out_with_what_the_filter_says(site: str, opened: Open, width: int) -> None:
    tab = opened(site, width, 844)
    tab.click("#filter summary")
    tab.fill("#filter [name=byline]", "凌云")
    tab.wait_for_selector('#filter output:text-is("凌云")')
    turn = ask(tab, "人工智能发展有哪些做法？")
    assert turn.locator(".only").inner_text() == "筛选 凌云"
    about = tab.locator("#sources .panel:not([hidden]) .about").all_inner_texts()
    assert [line.split(" · ")[0] for line in about] == ["文／凌云"]
    tab.fill("#filter [name=since]", "去年")
    assert "'去年' is not a date" in ask(tab, CHINESE).inner_text()
    tab.click("[data-clear]")
    assert ask(tab, CHINESE).locator(".only").count() == 0
    assert fits(tab)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_source_opens_its_page_with_the_article_outlined(site: str, opened: Open, width: int) -> None:
    tab = opened(site, width, 844)
    ask(tab, CHINESE)
    with tab.context.expect_page() as opening:
        tab.locator("#sources .panel:not([hidden]) .file a").first.click()
    sheet = opening.value
    sheet.wait_for_selector(".story")
    number = sheet.evaluate("location.hash").removeprefix("#a")
    headline = tab.locator("#sources .panel:not([hidden]) .card h3").first.inner_text()
    assert sheet.locator(f"#a{number} .label").inner_text().startswith(f"{number} · {headline}")
    assert fits(sheet)
