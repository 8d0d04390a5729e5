"""The labels of the browser page, each in Chinese and in English."""

from __future__ import annotations

from typing import NamedTuple

from rag.schema import Language


class Label(NamedTuple):
    """A label in Chinese and in English."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.en if language == "en" else self.zh


_WORDS: dict[str, tuple[str, str]] = {
    "name": ("报问", "Baowen"),
    "tagline": ("向报纸提问，句句有出处", "Ask the newspapers; every sentence shows its source"),
    "question": ("问题", "Question"),
    "placeholder": ("想从报道里知道什么？", "What would you like to know?"),
    "send": ("提问", "Ask"),
    "renew": ("新对话", "New chat"),
    "language": ("语言", "Language"),
    "welcome": ("从报道里找答案", "Find it in the papers"),
    "promise": (
        "答案取自馆藏报道，每句话后的数字指向原文。报道没有说的，这里也不说。",
        "Answers come from the articles held here. The number behind each sentence leads to the original "
        "words; what the articles do not say is not said here.",
    ),
    "try": ("可以这样问", "Try asking"),
    "reading": ("正在查阅报道", "Reading the articles"),
    "sources": ("出处", "Sources"),
    "nearest": ("最接近的报道", "Nearest articles"),
    "not_used": (
        "以下报道与问题最接近，但没有作为答案的依据。",
        "These come nearest to the question; no answer rests on them.",
    ),
    "no_sources": (
        "出处会列在这里：标题、作者、文件，以及标出引文的原文段落。",
        "The sources appear here: headline, byline, file, and the passage with the quoted words marked.",
    ),
    "by": ("文／", "By "),
    "source": ("出处", "Source"),
    "places": ("处引文", "quotations"),
    "articles": ("篇报道", "articles"),
    "article": ("篇报道", "article"),
    "filter": ("筛选", "Filter"),
    "since": ("自", "From"),
    "until": ("至", "To"),
    "inferred": ("（推断）", "(inferred)"),
    "page": ("版", "Page"),
    "newspaper": ("报纸", "Newspaper"),
    "byline": ("作者", "Byline"),
    "clear": ("清除", "Clear"),
    "copies": ("同一篇也见于", "The same story also in"),
    "copy": ("复制答案与出处", "Copy with sources"),
    "copied": ("已复制", "Copied"),
    "back": ("回到正文", "Back to the answer"),
    "failed": ("这个问题没有答成", "This question could not be answered"),
    "judged": ("这个回答", "This answer"),
    "up": ("有用", "Helpful"),
    "down": ("有误", "Wrong"),
    "comment": ("补充一句：缺了什么，错在哪里", "Add a comment: what is missing or wrong"),
    "keep": ("记下", "Keep"),
    "kept": ("已记下，留作改进之用", "Noted, to improve the answers"),
    "lost": ("没有记下", "Not noted"),
    "llm": ("由语言模型撰写，引文已核对", "Written by a language model, quotations checked"),
    "extractive": ("报道原句", "The articles' own sentences"),
}

LABELS: dict[str, Label] = {key: Label(zh, en) for key, (zh, en) in _WORDS.items()}
