"""What every command shares: where it prints, the options they have in common."""

from __future__ import annotations

import json
import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from rag.config import Settings

if TYPE_CHECKING:
    from rag.index.manifest import Counts

_UNSAFE = {
    c: "\ufffd"
    for c in (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(c) not in "\t\n"
}


class Plain(Console):
    """Prints text as it is; what would steer the terminal, such as an escape in an article, is made visible."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(safe(o) if isinstance(o, str) else o for o in objects), **options)


def safe(text: str) -> str:
    """Without control characters and marks of writing direction, which could hide or forge what is printed."""
    return text.translate(_UNSAFE)


def number(count: int, of: str) -> str:
    return f"{count} {of}{'' if count == 1 else 's'}"


def counted(counts: Counts) -> str:
    """Of a manifest."""
    return f"{number(counts.articles, 'article')} from {number(counts.files, 'file')}, {number(counts.passages, 'passage')}"


def told(message: str) -> str:
    """The message, its commands for the index that was named on the command line."""
    arguments = sys.argv[1:]
    given = [value for flag, value in zip(arguments, [*arguments[1:], ""], strict=True) if flag == "--index"]
    given += [each.removeprefix("--index=") for each in arguments if each.startswith("--index=")]
    if not given:
        return message
    return re.sub(
        r"`rag (index|status|articles)\b", lambda found: f"{found[0]} --index {shlex.quote(given[-1])}", message
    )


out = Plain()
err = Plain(stderr=True)

IndexDir = Annotated[
    Path | None, typer.Option("--index", readable=False, help="Where the index is (RAG_INDEX_DIR; default index/).")
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout and nothing else.")]


def settings_of(index_dir: Path | None) -> Settings:
    settings = Settings.from_env()
    return replace(settings, index_dir=index_dir) if index_dir else settings


def print_json(value: object) -> None:
    # half a character (a lone surrogate) in an id cannot be written as UTF-8
    sys.stdout.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()
