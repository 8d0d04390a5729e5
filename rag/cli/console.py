"""What every command shares: output to the terminal and common options."""

from __future__ import annotations

import io
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

_UNPRINTABLE = {
    c: "\ufffd"
    for c in (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(c) not in "\t\n"
}
_COMMAND = re.compile(r"`rag (index (?:export|import)|index|status|articles)\b")


class PlainConsole(Console):
    """Print text without markup. Show control characters, such as an escape sequence in an article, as U+FFFD."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print the objects; see the class."""
        super().print(*(printable(o) if isinstance(o, str) else o for o in objects), **options)


def replace_unknown_characters() -> None:
    """Let stdout and stderr print a stand-in for a character that the terminal's encoding lacks, such as GBK."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def printable(text: str) -> str:
    """Return the text with U+FFFD for control characters and direction marks, which can hide or forge output."""
    return text.translate(_UNPRINTABLE)


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: ``1 file``, ``2 files``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def describe_counts(counts: Counts) -> str:
    """Return the ``counts`` of a manifest as words."""
    articles, files = plural(counts.articles, "article"), plural(counts.files, "file")
    return f"{articles} from {files}, {plural(counts.passages, 'passage')}"


def with_index_option(message: str) -> str:
    """Add the ``--index`` of this command line to the commands that the message names."""
    arguments = sys.argv[1:]
    values = [value for flag, value in zip(arguments, [*arguments[1:], ""], strict=True) if flag == "--index"]
    values += [argument.removeprefix("--index=") for argument in arguments if argument.startswith("--index=")]
    if not values:
        return message
    return _COMMAND.sub(lambda found: f"{found[0]} --index {shlex.quote(values[-1])}", message)


out = PlainConsole()
err = PlainConsole(stderr=True)

IndexDir = Annotated[
    Path | None,
    typer.Option("--index", readable=False, help="The folder of the index (default: RAG_INDEX_DIR, else index/)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]


def settings_of(index_dir: Path | None) -> Settings:
    """Return the settings of the environment, with ``index_dir`` in place of theirs if it is given."""
    settings = Settings.from_env()
    return replace(settings, index_dir=index_dir) if index_dir else settings


def print_json(value: object) -> None:
    """Print one line of JSON on stdout."""
    # A lone surrogate in an id cannot be encoded as UTF-8: it is replaced.
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # the terminal's encoding lacks a character: JSON can escape it
        text = json.dumps(json.loads(text))
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
