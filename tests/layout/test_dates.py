"""The date of an article: the words that give one, the words that must not, and the seed pages, dated by hand."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.quality.dates import Share, held_out, main, shares
from rag.layout.articles import articles_of
from rag.layout.dates import Dated, dates_of, file_date
from rag.reading.reader import read_page
from rag.schema import Page, Stated
from rag.text.calendar import parse_date

NONE = Dated("", "", "")


def _page(text: str, file: str = "a.txt", stated: Stated | None = None) -> Page:
    return Page(file, text, "utf-8", "0" * 64, stated or Stated())


def _dated(text: str, file: str = "a.txt") -> Dated:
    return dates_of(_page(text, file), [text])[0]


# The date that a person can give each seed page, and the words that show it. 000: the plan for 2025-2027 is for "the
# coming three years", and the congress session of March 2025 is past; the month can be August or later. 001: the lead of a
# report is of 20 April, and the forum of 2023 was last year. 002: late July or August. 003: March or April of the first
# year of the fifteenth plan. 004: June or July.
SEEDS = {
    "000": ("2025", ["2025—2027年)》的编制出台,为未来三年"]),
    "001": ("2024-04", ["去年9月举行的2023年"]),
    "002": ("2025", ["日前，2025世界人工智能大会暨人工智能全球治理高级别会议举行"]),
    "003": ("2026", ["今年是“十五五”规划的开局之年"]),
    "004": (
        "2025",
        [
            "昨天,以“智汇机器人共创中日合作美好未来”为主题的2025中日机器人产业合作对接会暨平湖人工智能产业发展对接会举行",
            "昨天,2025中日机器人产业合作对接会暨平湖人工智能产业发展对接会举行",
        ],
    ),
}


@pytest.mark.parametrize("number", SEEDS)
def test_seed_page(number: str, seeds: Path) -> None:
    (path,) = seeds.glob(f"{number}_*.txt")
    articles = articles_of(read_page(path, seeds, 4.0))
    true, words = SEEDS[number]
    assert {(a.date, a.date_basis) for a in articles} == {(true, "inferred")}
    assert {a.date_words for a in articles} <= set(words)
    assert all(any(a.date_words in b.text for b in articles) for a in articles)
    assert [a.date_words for a in articles if words[-1] in a.text] == [words[-1]]  # an article's own words go first


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20250421_A03.txt", "2025-04-21"),
        ("2025-04-21-签约.md", "2025-04-21"),
        ("rmrb2025042103.txt", "2025-04-21"),
        ("rmrb20250421.txt", "2025-04-21"),
        ("2025-04/21/01.txt", "2025-04-21"),
        ("2025/04/21/a.txt", "2025-04-21"),
        ("平湖日报2025年4月1日.txt", "2025-04-01"),
        ("nw.D110000renmrb_20250421_1-01.htm", "2025-04-21"),
        ("2025_4_1.txt", "2025-04-01"),
        ("20250421.txt", "2025-04-21"),
        ("A03_20250421.txt", "2025-04-21"),
        ("19991231.txt", "1999-12-31"),
        ("000_ee2ebb659d30a726.txt", ""),
        ("001_e345b16bb7633470.txt", ""),
        ("002_c1cb0aaa8a107e2a.txt", ""),
        ("003_5555c93f7d3fe842.txt", ""),
        ("004_56421505ce6c9c76.txt", ""),
        ("20250421a7f3c9d2.txt", ""),
        ("ee20250421.txt", ""),
        ("9f20250421.txt", ""),
        ("120250421.txt", ""),
        ("20251321.txt", ""),
        ("20250230.txt", ""),
        ("18500101.txt", ""),
        ("20250421103000.txt", ""),
        ("1745200000.txt", ""),
        ("2025.txt", ""),
        ("2025-04.txt", ""),
        ("2025-2027年计划.txt", ""),
        ("签约.txt", ""),
        ("", ""),
    ],
)
def test_file_name(name: str, expected: str) -> None:
    assert file_date(name) == expected


BODY = "　　本报讯 昨天，一家新企业落户平湖，总投资5亿元。"


@pytest.mark.parametrize(
    ("line", "expected", "words"),
    [
        ("2025年4月21日 星期一", "2025-04-21", "2025年4月21日"),
        ("2025年4月21日　星期一　农历乙巳年三月廿四　第02版", "2025-04-21", "2025年4月21日"),
        ("农历乙巳年三月廿四 2025年4月21日 星期一", "2025-04-21", "2025年4月21日"),
        ("海湾日报 2025-04-21 A03", "2025-04-21", "2025-04-21"),
        ("二〇二五年四月二十一日 星期一", "2025-04-21", "二〇二五年四月二十一日"),
        ("2025.4.21", "2025-04-21", "2025.4.21"),
        ("2025 年 4 月 21 日 星期一", "2025-04-21", "2025 年 4 月 21 日"),
        ("责任编辑：王强 2025年4月21日", "2025-04-21", "2025年4月21日"),
        ("发布时间：2025-04-21 10:30", "2025-04-21", "2025-04-21"),
        ("2025年13月1日 星期一", "", ""),
        ("2025年2月30日", "", ""),
        ("农历三月廿四", "", ""),
        ("于2025年4月21日竣工", "", ""),
        ("截至2025年4月21日", "", ""),
        ("电话 0573-85087171", "", ""),
    ],
)
def test_masthead(line: str, expected: str, words: str) -> None:
    page = f"{line}\n\n平湖再添新企业\n\n{BODY}\n"
    assert dates_of(_page(page), [BODY]) == [Dated(expected, "stated" if expected else "", words)]


def test_a_bare_date_in_the_middle_of_a_column_is_not_a_masthead() -> None:
    page = "\n".join(["平湖再添新企业"] * 8 + ["2023年11月18日", "竣工验收，投入使用。"] + [BODY] * 4)
    assert dates_of(_page(page), [BODY, BODY]) == [NONE, NONE]


def test_a_notice_alone_on_its_page_is_dated_at_its_foot() -> None:
    page = "\n".join(["关于停水的通知"] + [BODY] * 8 + ["市水务局办公室的全体人员敬上", "2025年4月21日"])
    assert dates_of(_page(page), [BODY]) == [Dated("2025-04-21", "stated", "2025年4月21日")]
    assert dates_of(_page(page), [BODY, BODY]) == [NONE, NONE]


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("新华社北京2025年4月20日电（记者王强）会议召开。", "2025-04-20", "2025年4月20日"),
        ("发布时间：2025-04-21 平湖再添新企业。", "2025-04-21", "2025-04-21"),
        ("平湖再添新企业2025-04-21 10:30:05作者王强。", "2025-04-21", "2025-04-21"),
        ("总投资5亿元。《海湾日报》（2025年04月21日 08版）", "2025-04-21", "2025年04月21日"),
    ],
)
def test_an_article_that_states_its_date(text: str, expected: str, words: str) -> None:
    assert _dated(text) == Dated(expected, "stated", words)


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("日前，2025世界人工智能大会举行。", "2025", "日前，2025世界人工智能大会举行"),
        ("昨天，我市召开2025年民生推进会，部署工作。", "", ""),
        ("昨天，2025年民生项目推进会召开。", "2025", "昨天，2025年民生项目推进会召开"),
        ("4月20日，2025海湾马拉松开跑。", "2025-04", "4月20日，2025海湾马拉松开跑"),
        ("4月30日，2025海湾马拉松开跑。", "2025", "4月30日，2025海湾马拉松开跑"),
        ("新华社北京4月20日电 近日，2025世界读书大会开幕。", "2025-04-20", "4月20日电 近日，2025世界读书大会开幕"),
        ("2025年上半年，产值同比增长62.3%。", "2025", "2025年上半年"),
        ("2024年上半年和2025年上半年，产值都增长。", "2025", "2025年上半年"),
        ("2025年1—5月，出口增长。", "2025", "2025年1—5月"),
        ("截至2025年5月31日，落户企业46家。", "2025", "截至2025年5月31日"),
        ("今年（2025年）是关键一年。", "2025", "今年（2025年"),
        ("去年举办的2024年博览会，吸引三万人。", "2025", "去年举办的2024年"),
        ("今年是“十五五”规划的开局之年。", "2026", "今年是“十五五”规划的开局之年"),
        ("今年是“十四五”规划收官之年。", "2025", "今年是“十四五”规划收官之年"),
        (
            "全国政协十四届三次会议上的建议，写进行动计划（2025—2027年），为未来三年描绘蓝图。",
            "2025",
            "2025—2027年），为未来三年",
        ),
        ("行动计划（2025—2027年）为未来三年描绘蓝图。", "", ""),  # it may be of the year before
        # a past or a coming year is not a date
        ("早在2019年，公司就有规划。", "", ""),
        ("2020年，王乾推动企业转型。", "", ""),
        ("该项目于2023年11月竣工。", "", ""),
        ("截至2022年12月31日，会员三百人。", "", ""),
        ("近日，2025年度优秀名单公布。", "", ""),
        ("近日，2025年工作总结会召开。", "", ""),
        ("近日，企业启动2026届校园招聘，活动拉开。", "", ""),
        ("产值只低于2021年上半年的纪录。", "", ""),
        ("预计到2030年实现碳达峰。", "", ""),
        ("近日，2000名学生参加活动，开展实践。", "", ""),
        ("昨晚，2026新年音乐会举行。", "", ""),
        ("近日，2026款轿车亮相。", "", ""),
        ("近日，2024读书人物颁奖盛典举行。", "", ""),
        ("昨天，大会召开。", "", ""),
        ("新华社北京4月20日电 会议召开。", "", ""),
        ("农历二〇二五年三月廿四", "", ""),
        ("", "", ""),
        # a later year that is past contradicts the cue
        ("2024年上半年，产值增长。2025年3月，公司迁来。", "", ""),
        ("2024年上半年，产值增长。2025年实现产值6000万元。", "", ""),
        ("十四届全国人大四次会议之后，回顾2025年上半年。", "", ""),
        # a later year that is yet to come does not
        ("2025年上半年，产值增长，预计2027年投产。", "2025", "2025年上半年"),
        ("2025年上半年，产值增长。2026年底前完工。", "2025", "2025年上半年"),
    ],
)
def test_inferred(text: str, expected: str, words: str) -> None:
    assert _dated(text) == Dated(expected, "inferred" if expected else "", words)
    assert words in text


def test_stated_date_before_masthead_before_file_name_before_inference() -> None:
    text = "2025年4月21日 星期一\n日前，2024世界读书大会举行。"
    article = "日前，2024世界读书大会举行。"
    sidecar = Stated(date="2023-05", date_basis="sidecar")
    assert dates_of(_page(text, "20220101.txt", sidecar), [article]) == [Dated("2023-05", "sidecar", "")]
    assert dates_of(_page(text, "20220101.txt", Stated(date="2023-05-01")), [article]) == [
        Dated("2023-05-01", "stated", "")
    ]
    assert dates_of(_page(text, "20220101.txt"), [article]) == [Dated("2025-04-21", "stated", "2025年4月21日")]
    assert dates_of(_page(article, "20220101.txt"), [article]) == [Dated("2022-01-01", "file name", "")]
    assert dates_of(_page(article, "a.txt"), [article]) == [Dated("2024", "inferred", "日前，2024世界读书大会举行")]


def test_a_page_is_one_edition() -> None:
    texts = ["昨天，2025世界读书大会举行。", "新华社北京4月20日电 会议召开。", "近日，平湖再添新企业。"]
    assert dates_of(_page("\n".join(texts)), texts) == [
        Dated("2025-04", "inferred", "昨天，2025世界读书大会举行"),
        Dated(
            "2025-04-20", "inferred", "昨天，2025世界读书大会举行"
        ),  # a dispatch gives its own day; it is printed the day after
        Dated("2025-04", "inferred", "昨天，2025世界读书大会举行"),
    ]


def test_a_later_past_year_anywhere_on_the_page_leaves_all_undated() -> None:
    texts = ["昨天，2024世界读书大会举行。", "2025年3月，公司迁来。"]
    assert dates_of(_page("\n".join(texts)), texts) == [NONE, NONE]


def test_a_dispatch_with_its_year_gives_the_other_articles_no_day() -> None:
    texts = ["新华社北京2025年4月20日电 会议召开。", "近日，平湖再添新企业。"]
    assert dates_of(_page("\n".join(texts)), texts) == [
        Dated("2025-04-20", "stated", "2025年4月20日"),
        Dated("2025-04", "inferred", "新华社北京2025年4月20日"),
    ]


def test_a_page_without_articles() -> None:
    assert dates_of(_page("2025年4月21日 星期一"), []) == []


_PIECES = st.lists(
    st.sampled_from(
        "2 20 2025 2024 1999 年 4 月 21 日 上半年 昨天 ， 。 日前 举行 今年 是 “ 十五五 ” 规划 的 开局之年 去年 截至 电 讯 - — 未来三年 "
        "十四届全国人大三次会议 星期一 第02版 日报 \n 《 》 （ ） 平湖 预计 10:30".split(" ")
    ),
    max_size=16,
).map("".join)


@given(texts=st.lists(st.one_of(_PIECES, st.text()), max_size=3), name=st.text(max_size=20))
def test_any_page(texts: list[str], name: str) -> None:
    page = _page("\n".join(texts), name)
    for dated, text in zip(dates_of(page, texts), texts, strict=True):
        assert bool(dated.date) == bool(dated.basis)
        assert not dated.date or str(parse_date(dated.date)) == dated.date
        assert dated.words in text or any(dated.words in other for other in texts) or dated.words in page.text
        assert bool(dated.words) == (dated.basis in ("stated", "inferred"))


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_in_every_form(day: date) -> None:
    assert file_date(f"rmrb{day:%Y%m%d}03.txt") == file_date(f"{day:%Y-%m-%d}-x.md") == str(day)
    for line in (f"{day.year}年{day.month}月{day.day}日 星期一", f"{day}", f"{day.year}.{day.month}.{day.day} 第1版"):
        assert dates_of(_page(f"{line}\n{BODY}"), [BODY])[0].date == str(day)


@given(year=st.integers(1900, 2090))
def test_every_year_is_treated_alike(year: int) -> None:
    assert _dated(f"昨天，{year}世界读书大会举行。早在{year - 3}年就有规划。").date == str(year)
    assert _dated(f"昨天，{year}世界读书大会举行。{year + 1}年5月，公司迁来。") == NONE


def test_a_large_article_is_dated_in_time(within) -> None:  # type: ignore[no-untyped-def]
    text = "近日2025平湖" * 200_000
    with within(5):
        assert _dated(text) == NONE


def test_shares() -> None:
    found = shares(
        ["2025", "2025-04", "2025-04-20", "", "2025-04-21"],
        ["2025-01-01", "2025-05-01", "2025-04-21", "2025-01-01", "2025-04-21"],
    )
    assert found == {
        "year": Share(4, 4, 5),
        "year and month": Share(2, 3, 5),
        "day": Share(1, 2, 5),
        "day, give or take one": Share(2, 2, 5),
    }
    assert found["day"].precision == 0.5
    assert Share(8, 10, 20).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert all(math.isnan(bound) for bound in Share(0, 0, 5).interval)


def test_the_measure_reads_the_held_out_articles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"id": f"n{n}", "title": "", "date": "2025-04-21", "text": f"昨天，{2025 if n % 4 else 2024}世界读书大会举行。"}
        for n in range(200)
    ]
    (tmp_path / "corpus.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    kept = [row for n, row in enumerate(rows) if held_out(f"n{n}")]
    right = sum("2025" in row["text"] for row in kept)
    assert 20 < len(kept) < 80
    assert main([str(tmp_path)]) == 0
    head, year, *_ = capsys.readouterr().out.splitlines()
    assert head == f"{len(kept)} dated articles"
    assert year.split()[:6] == ["rag.layout.dates", "year", "given", str(len(kept)), "(1.000)", "right"]
    assert year.split()[6] == f"{right / len(kept):.3f}"


def test_the_measure_names_a_missing_argument_or_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("usage: python -m eval.quality.dates FOLDER")
