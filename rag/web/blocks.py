"""The parts of the browser page as Gradio blocks, and which event changes which part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from rag.answer.assistant import Assistant
from rag.schema import Language
from rag.web import chat
from rag.web.conversation import Frame, asker, judge, new_chat, restore
from rag.web.labels import LABELS
from rag.web.rendering import static_text

_AT_ONCE = 4  # questions that are answered at the same time
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": True}


def build_blocks(assistant: Assistant, feedback_file: Path) -> gr.Blocks:
    """Return the page. The browser alone keeps a chat; judgements of answers go to ``feedback_file``."""
    blocks = gr.Blocks(title="报问 Baowen", analytics_enabled=False, fill_width=True)
    with blocks:
        stored = gr.BrowserState([], storage_key="baowen-chat-1", secret="baowen")
        masthead = _html(chat.masthead_html(), "masthead", "masthead.js")
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="thread", scale=0, min_width=0):
                finished = _html(chat.finished_html([]), "finished", "finished.js")
                writing = _html("", "writing", "writing.js")
            with gr.Column(elem_id="ask", scale=0, min_width=0):
                _html(chat.filter_html(), "filter", "filter.js")
                only = gr.JSON(visible=False)
                with gr.Row(elem_id="composer"):
                    question = gr.Textbox(
                        label=LABELS["question"].zh,
                        placeholder=LABELS["placeholder"].zh,
                        lines=1,
                        max_lines=5,
                        show_label=False,
                        container=False,
                        min_width=0,
                        elem_id="question",
                    )
                    send = gr.Button(LABELS["send"].zh, variant="primary", min_width=72, elem_id="send")
            with gr.Column(elem_id="sources", min_width=0):
                sources = _html(chat.sources_html([]), "panels", "sources.js")

        ask = asker(assistant)

        def example(stored: object, only: object, event: gr.EventData) -> Iterator[Frame]:
            yield from ask(str(event.question), stored, only)

        every_part = [question, finished, writing, sources, stored]
        asking = {"js": static_text("question.js"), "concurrency_limit": _AT_ONCE, **_QUIET}
        asked = [
            gr.on([question.submit, send.click], ask, [question, stored, only], every_part, **asking),
            finished.example(example, [stored, only], every_part, **asking),
        ]
        finished.judge(judge(feedback_file), stored, [finished, stored], **_QUIET)
        writing.wake(lambda: None, None, None, **_QUIET)
        masthead.renew(new_chat, None, every_part, cancels=asked, **_QUIET)
        masthead.language(_in_language, None, [question, send], **_QUIET)
        blocks.load(restore, stored, [finished, sources], **_QUIET)
    return blocks


def _html(value: str, elem_id: str, script: str) -> gr.HTML:
    return gr.HTML(value, js_on_load=static_text(script), apply_default_css=False, elem_id=elem_id)


def _in_language(event: gr.EventData) -> tuple[object, object]:
    """Return the question's box and the button in the language that the reader chose."""
    language: Language = "en" if event.language == "en" else "zh"
    label, placeholder, send = (LABELS[key].in_language(language) for key in ("question", "placeholder", "send"))
    return gr.update(label=label, placeholder=placeholder), gr.update(value=send)
