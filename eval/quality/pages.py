"""Measure how well pages are cut into articles: ``python -m eval.quality.pages [FOLDER] [--json]``.

The articles found are compared with gold stories, which a person marked. The stories in ``eval/data/pages/NAME.jsonl``
belong to ``FOLDER/NAME.txt``; ``eval/data/pages/README.md`` describes the format. Characters are compared by their
offsets in the page; white space is not counted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.quality.gold import Gold, Score, score
from rag.errors import RagError
from rag.layout.articles import articles_of
from rag.reading.folder import list_files
from rag.reading.reader import read_page
from rag.schema import Page

GOLD = Path(__file__).parents[1] / "data" / "pages"


def pages_with_gold(folder: Path) -> list[tuple[Page, list[Gold]]]:
    """Return the pages of ``folder`` that have gold stories in ``eval/data/pages``."""
    return [
        (read_page(path, folder, 4.0), read_gold(GOLD / f"{path.stem}.jsonl"))
        for path in list_files(folder)
        if (GOLD / f"{path.stem}.jsonl").exists()
    ]


def read_gold(path: Path) -> list[Gold]:
    """Return the gold stories of a page, in file order."""
    return [_gold(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _gold(row: Mapping[str, Any]) -> Gold:
    return Gold(row["kind"], tuple(row["headline"]), tuple(row["byline"]), tuple((a, b) for a, b in row["body"]))


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Return the figures by row: each page, all pages, and these and other stories printed in other styles."""
    from eval.quality import variants

    pages = pages_with_gold(folder)
    by_page = {page.file[:3]: score(page.text, gold, articles_of(page)) for page, gold in pages}
    rows = {**by_page, "pages": sum(by_page.values(), Score())}
    sets = {
        "pages": [variants.stories_of(page.text, gold) for page, gold in pages],
        "practice": variants.read_stories(GOLD / "practice.jsonl"),
        "held out": variants.read_stories(GOLD / "heldout.jsonl"),
    }
    for name, stories in sets.items():
        rows[f"{name}, one thing changed"] = variants.score_styles(stories, list(variants.styles()))
        rows[f"{name}, drawn at random"] = variants.score_styles(stories, list(variants.mixtures(40, seed=2026)))
    return {name: {"stories": float(len(row.f1)), **row.figures()} for name, row in rows.items()}


def main(arguments: Sequence[str]) -> int:
    """Print the table. Return the exit code."""
    folder = Path(next((a for a in arguments if not a.startswith("-")), "seeds"))
    try:
        table = measure(folder)
    except RagError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    if "--json" in arguments:
        sys.stdout.write(json.dumps(table, ensure_ascii=False) + "\n")
        return 0
    names = list(next(iter(table.values())))
    sys.stdout.write(f"{'':34}" + "".join(f"{name.replace('byline_', ''):>11}" for name in names) + "\n")
    for name, row in table.items():
        shown = "".join(f"{row[n]:11.0f}" if n == "stories" else f"{row[n]:11.4f}" for n in names)
        sys.stdout.write(f"{name:34}{shown}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
