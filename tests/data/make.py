"""Sets articles of seeds/ as three newspaper pages and prints them to paper.pdf with Chromium.

python tests/data/make.py      # from the repository's root
"""

from __future__ import annotations

import html
import subprocess
import tempfile
from pathlib import Path

from rag.layout.articles import articles_of
from rag.reading.reader import read_page
from rag.schema import Article

HERE = Path(__file__).parent
SEEDS = HERE.parent.parent / "seeds"
STYLE = """
@page { size: 320mm 550mm; margin: 11mm }
body { font: 10pt/1.5 'Noto Sans CJK SC'; margin: 0; text-align: justify }
.page { break-after: page }
.top { font-size: 8pt; border-bottom: 1px solid; margin-bottom: 5mm; display: flex; justify-content: space-between }
h1, h2 { text-align: center; margin: 2mm 0; line-height: 1.3 }
h1 { font-size: 24pt } h2 { font-size: 16pt }
.kicker { text-align: center; font-size: 12pt; margin: 1mm }
.by { text-align: center; margin: 1mm 0 2mm }
p { text-indent: 2em; margin: 0 }
.columns { column-gap: 7mm } section { margin-bottom: 7mm }
.left h2, .left .kicker, .left .by { text-align: left }
.beside { display: flex; gap: 8mm } .beside > div { flex: 1 } .beside > .wide { flex: 2 }
"""
STORIES = {  # page of paper.pdf -> the articles on it
    1: ["003#1", "003#4", "003#2"],
    2: ["002#1", "002#5", "002#8", "004#4", "004#6", "004#1"],
    3: ["001#3", "003#6", "004#7", "003#1"],
}


def stories() -> dict[str, Article]:
    """The articles by the number of their page and theirs on it."""
    found = {}
    for path in sorted(SEEDS.glob("0*.txt")):
        for article in articles_of(read_page(path, SEEDS, 4.0)):
            found[f"{path.name[:3]}#{article.article_id.split('#')[1]}"] = article
    return found


def story(article: Article, columns: int = 0, tag: str = "h2", kind: str = "") -> str:
    """With ``columns`` a section whose headline stands over them, else headline and text in the column they run in."""
    kicker, _, title = article.title.rpartition(" ")
    head = (f"<div class=kicker>{html.escape(kicker)}</div>" if kicker else "") + f"<{tag}>{html.escape(title)}</{tag}>"
    head += f"<div class=by>记者 {' '.join(article.byline)}</div>"
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in article.text.split("\n") if paragraph.strip())
    if not columns:
        return head + body
    return f"<section class='{kind}'>{head}<div class=columns style='column-count:{columns}'>{body}</div></section>"


def beside(*parts: str) -> str:
    return "<div class=beside>" + "".join(parts) + "</div>"


def paper() -> str:
    all_stories = stories()
    one, two, three = ([all_stories[name] for name in STORIES[page]] for page in (1, 2, 3))
    pages = [
        # headlines over two columns, the last at the left
        story(one[0], 2, "h1") + story(one[1], 2) + story(one[2], 2, kind="left"),
        # two stories in two columns beside one in one; below three side by side
        beside(f"<div class=wide>{story(two[0], 2, 'h1')}{story(two[1], 2)}</div>", f"<div>{story(two[2])}</div>")
        + beside(*(f"<div>{story(article)}</div>" for article in two[3:])),
        # four columns through which the stories run on
        "<div class=columns style='column-count:4;column-fill:auto;height:440mm'>"
        + "".join(map(story, three))
        + "</div>",
    ]
    top = "<div class=top><span>平湖日报</span><span>2025年7月31日 星期四</span><span>第02版</span></div>"
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>" + "".join(
        f"<div class=page>{top}{page}</div>" for page in pages
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "paper.html"
        source.write_text(paper(), encoding="utf-8")
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-pdf-header-footer",
                f"--user-data-dir={folder}/profile",
                f"--print-to-pdf={HERE / 'paper.pdf'}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
