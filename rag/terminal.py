"""What every command shares: where it prints, the options they have in common."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rag.config import Settings

out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

IndexDir = Annotated[Path | None, typer.Option("--index", help="Where the index is (RAG_INDEX_DIR; default index/).")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout and nothing else.")]

def settings_of(index_dir: Path | None) -> Settings:
    settings = Settings.from_env()
    return replace(settings, index_dir=index_dir) if index_dir else settings


def print_json(value: object) -> None:
    # half a character (a lone surrogate) in an id cannot be written as UTF-8
    sys.stdout.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()
