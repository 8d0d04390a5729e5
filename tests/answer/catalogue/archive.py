"""A small archive of two newspapers for the tests of the catalogue, indexed without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag.index.snapshot import load
from rag.indexing.build import build_from
from rag.schema import Article, Run
from rag.search.retriever import Retriever
from tests.faults.update import Stub


def article(number: int, title: str, text: str, date: str = "", **fields: Any) -> Article:
    name = f"{number:02}.txt"
    basis = fields.pop("date_basis", "stated" if date else "")
    rest = {"byline": (), "kind": "article"} | fields
    return Article(
        f"{name}#1", name, title, date=date, text=text, runs=(Run(0, 0, len(text)),), date_basis=basis, **rest
    )


_PORT = (
    "本报讯 昨天，独山港区新码头开港，首艘货轮靠泊。独山港区新码头年吞吐能力1200万吨。"
    "码头建设用了三年，工人们日夜施工。独山港区负责人说，新码头开港后，货轮靠泊时间缩短一半。天气晴好，许多市民前来观看。"
)
ARTICLES = (
    article(1, "平湖西瓜节开幕 今年产量增长12.5%", "本报讯 平湖西瓜节昨天开幕。今年西瓜产量增长12.5%。", "2025-06-18",
            source="平湖日报", byline=("胡佳英", "周杰")),
    article(2, "平湖再建三座图书馆", "平湖市今年再建三座图书馆，每座藏书五万册。", "2025-07-02",
            source="平湖日报", byline=("胡佳英",)),
    article(3, "独山港区新码头开港 年吞吐能力1200万吨", _PORT, "2025-07-02", source="嘉兴日报", byline=("沈一帆",)),
    article(4, "嘉兴南湖夜跑赛吸引千名跑者", "南湖边，千名跑者参加了夜跑赛。", "2024-10-11", source="嘉兴日报", byline=("陆雨欣",)),
    article(5, "秋色", "秋日里，平湖东湖边的银杏叶黄了，游客纷纷拍照。", "2024-11-20", source="平湖日报",
            byline=("王强",), kind="photo"),
    article(6, "图书馆读者突破百万人次", "平湖图书馆全年接待读者突破百万人次。", "2025", date_basis="inferred", source="平湖日报"),
    article(7, "老街旧事", "老街上的铁匠铺开了六十年。", "", source="嘉兴日报", byline=("沈一帆",)),
    article(8, "", "停水公告：因管道检修，当湖街道明日停水。", "2025-07-03", source="平湖日报", kind="notice"),
)  # fmt: skip


def indexed(folder: Path) -> Retriever:
    """Return the search over an index of the articles, built in ``folder``."""
    embedder = Stub()
    build_from(ARTICLES, folder, embedder)
    return Retriever(load(folder), embedder)
