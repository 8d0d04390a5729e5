from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.layout.articles import articles_of
from rag.reading.folder import list_files
from rag.reading.reader import read_page
from rag.schema import Article, Page, Stated
from rag.text.offsets import source_span


@dataclass(frozen=True)
class Story:
    page: str
    kind: str
    headline: str
    byline: str
    first: str
    last: str


# the stories of the five pages, found by eye
STORIES = [
    Story(
        "000",
        "article",
        "民主与AI的交响 ——平湖人大助推人工智能产业腾飞",
        "王茹彤 李渊昊",
        "当人工智能的浪潮奔涌而至,",
        "书写出高质量发展的生动篇章。",
    ),
    Story(
        "001",
        "article",
        "重庆市政协助推数字经济发展—— 激发智“算”新动能",
        "凌云",
        "由人工智能引领的新一轮科技和产业变革，",
        "常委会会议通报。”市政协经济委负责人说。",
    ),
    Story(
        "001",
        "article",
        "",
        "",
        "4月20日，建华课堂辽宁分课堂“人工智能创新与发展”报告会",
        "加快推进机器人产业高质量发展等建议。",
    ),
    Story(
        "001",
        "article",
        "浙江台州市政协助力推动深化人工智能多场景应用—— 逐浪数字经济 激发创新动能",
        "鲍蔓华",
        "“来到位于杭州的人工智能小镇考察学习，",
        "逐浪潮头，台州正全力以赴。",
    ),
    Story(
        "001",
        "article",
        "江西萍乡市政协建言以数字化、智能化推动传统产业转型升级—— “智变”促“质变”助升级升链",
        "王婕 钟丽川 王磊",
        "在江西省萍乡市芦溪工业园的中材电瓷电气有限公司",
        "“打造产业转型升级标杆城市”。",
    ),
    Story(
        "001",
        "article",
        "河南漯河市政协多措并举助推人工智能发展—— 多领域拓宽 多场景应用",
        "王有强 刘勇",
        "“人工智能正在成为‘人机共生’时代的新质生产力……”",
        "为助力漯河经济社会高质量发展赋能添彩。",
    ),
    Story(
        "002",
        "article",
        "抢占风口布局未来 上半年我市人工智能产业 产值同比增长62.3%",
        "胡佳英 周杰 姜俊霞",
        "本报讯日前，2025世界人工智能大会",
        "实现产值70.1亿元，同比增长62.3%。",
    ),
    Story("002", "notice", "", "", "嘉兴市交通学校（嘉兴交通技工学校）", "85087980（全日制）"),
    Story("002", "notice", "", "", "今天多云到晴，午后局部阴有阵雨或雷雨。", "明天早晨最低气温27℃。"),
    Story(
        "002",
        "article",
        "奏响创新发展最强音 ——二论学习贯彻市委十五届七次全会精神",
        "本报评论员",
        "创新驱动发展，创新引领未来。",
        "决胜“十四五”的底气更足、气势更强。",
    ),
    Story(
        "002",
        "article",
        "我市再生水利用案例入选全省典型 每年节约用水1107万立方米",
        "居丹荔 邱冬白",
        "本报讯近日，省水利厅办公室公布",
        "排污指标不足的压力得到有效缓解。",
    ),
    Story(
        "002",
        "article",
        "项目审批时限平均压缩50% “三极”审批改革重新定义“平湖速度”",
        "胡佳英",
        "本报讯最近，走进平湖经济技术开发区",
        "注入源源不断的活力。”刘勤锋说。",
    ),
    Story("002", "photo", "“艇”进酷夏", "王强", "炎炎夏日，市区六里塘河道上，", "以“热力开桨”迎战酷暑。"),
    Story(
        "002",
        "article",
        "平湖居民“钱袋子”增幅领跑嘉兴 工资性收入为增收“主引擎”",
        "居丹荔 李凤超 杨晨燕",
        "本报讯近日，记者从市统计局了解到，",
        "同比增长4.8%和4.7%。",
    ),
    Story(
        "003",
        "article",
        "吸引沪上目光 深化产业协同 平湖5个人工智能产业项目签约,总投资5亿元",
        "胡佳英 谢建伟 曹金凤",
        "本报讯作为我市深入实施开放协同行动",
        "推动产业高质量发展迈上新台阶。",
    ),
    Story(
        "003",
        "article",
        "市政协召开党的建设暨委员活动组工作会议",
        "徐玉霞",
        "本报讯昨天下午,市政协党的建设暨",
        "“活力景区、幸福金平湖”贡献更多智慧和力量。",
    ),
    Story(
        "003",
        "article",
        "谋未来 见未来 赢未来",
        "韩胜超",
        "舞台上,人形机器人表演起武术、舞蹈;",
        "在未来产业发展取得新突破。",
    ),
    Story(
        "003",
        "article",
        "“数”启新程 焕新升级 独山港锻造产业高质量发展数智引擎",
        "韩胜超 徐冰艳 张丹燕",
        "本报讯智能机械臂精准作业,",
        "经济发展与生态环境办公室产业科科长李月萍说。",
    ),
    Story("003", "photo", "竞逐春光", "王强 徐佳丽", "昨天,平湖市雅川学堂(初中部)", "用汗水与拼搏点燃春日校园。"),
    Story(
        "003",
        "article",
        "以水为脉厚植生态底色 平湖首捧“大禹鼎”金鼎",
        "居丹荔 曹雷 傅则妍 陈明远",
        "近日,2025年度“五水共治”工作“大禹鼎”优秀市县名单公布,",
        "绘就碧水清流新画卷。",
    ),
    Story(
        "004",
        "article",
        "全力打造人工智能 全场景应用试验场 2025中日机器人产业合作对接会举行",
        "胡佳英",
        "本报讯昨天,以“智汇机器人共创中日合作美好未来”为主题",
        "为经济高质量发展注入了新动能。",
    ),
    Story(
        "004",
        "article",
        "仲旭东在亲清沙龙·政企恳谈暨商协会会长和企业家座谈会上强调 坚定信心抢抓机遇 政企携手共进共赢",
        "荣怡婷",
        "本报讯昨天下午,市委书记仲旭东主持召开",
        "助推企业高质量发展。",
    ),
    Story("004", "photo", "投产在即", "王强 郑凯欣", "近日,在德默菲换热器(平湖)有限公司", "预计下月初可试生产。"),
    Story(
        "004",
        "article",
        "用真心实干作答“民生考题” “民生大优享”突破行动、 重点民生实事项目推进会召开",
        "王茹彤",
        "本报讯昨天下午,我市召开2025年“民生大优享”",
        "各个项目落地生根、见实见效。",
    ),
    Story("004", "photo", "", "王强 沈思凡 顾秋叶", "近日,在新埭镇的水月湾农场,", "挂满枝头,果香四溢。"),
    Story(
        "004",
        "article",
        "一份代表建议催生一个职工驿站 平湖将“娘家人”关爱送到田间地头",
        "徐玉霞",
        "本报讯昨天中午,在位于广陈镇龙萌村的",
        "由基层工会作为管理方。",
    ),
    Story(
        "004",
        "article",
        "“平湖造”机器人,阔步向前",
        "胡佳英 曹金凤 朱国平",
        "300多位来自中日机器人产业上下游企业、",
        "也是向高而攀的发展方式,",
    ),
]


@pytest.fixture(scope="module")
def pages(seeds: Path) -> dict[str, Page]:
    return {path.name: read_page(path, seeds, 4.0) for path in list_files(seeds)}


@pytest.fixture(scope="module")
def found(pages: dict[str, Page]) -> list[Article]:
    return [article for page in pages.values() for article in articles_of(page)]


DATES = {
    "000": "2025",
    "001": "2024-04",
    "002": "2025",
    "003": "2026",
    "004": "2025",
}  # tests/layout/test_dates.py has the reasons


def test_counts(found: list[Article]) -> None:
    assert [sum(a.kind == kind for a in found) for kind in ("article", "photo", "notice")] == [21, 4, 2]
    assert [sum(a.file.startswith(page) for a in found) for page in ("000", "001", "002", "003", "004")] == [
        1,
        5,
        8,
        6,
        7,
    ]


@pytest.mark.parametrize("number", range(len(STORIES)), ids=lambda n: f"{STORIES[n].page}-{STORIES[n].headline[:8]}")
def test_story(found: list[Article], number: int) -> None:
    story, article = STORIES[number], found[number]
    assert article.file.startswith(story.page + "_")
    assert (article.kind, article.title) == (story.kind, story.headline)
    assert article.byline == tuple(story.byline.split())
    assert article.text.startswith(story.first)
    assert article.text.endswith(story.last)
    assert article.date == DATES[story.page]


def test_ids_name_the_file_and_the_place_on_the_page(found: list[Article]) -> None:
    assert [a.article_id for a in found if a.file.startswith("003")] == [
        f"003_5555c93f7d3fe842.txt#{n}" for n in range(1, 7)
    ]
    assert len({a.article_id for a in found}) == 27


@pytest.mark.parametrize(
    ("number", "inside"),
    [
        (0, "落地生根的是石科技表现尤为亮眼"),  # a blank line in mid-sentence
        (0, "与各方围坐一堂,反复研讨论证"),
        (1, "了解了6G、卫星互联网、人工智能等方面"),  # letters set wide
        (1, "先进数据中心等地。“接下来"),
        (2, "2023年7月，沈阳人工智能计算中心获"),  # a figure cut by its column
        (3, "2023年市政协全会期间，九三学社"),
        (9, "创新时代，平湖又何以致胜？关键是要"),  # after the first line of its paragraph
        (11, "核准项目6个，总投资额0.313亿元"),
        (13, "同比增长4.8%和4.7%"),
        (14, "吸引阿里、百度等AI巨头"),
        (20, "让每一家企业的新产品在平湖这座城市"),
    ],
)
def test_sentences_cut_by_the_layout_are_whole_again(found: list[Article], number: int, inside: str) -> None:
    assert inside in found[number].text


def test_no_text_of_the_page_furniture_is_in_an_article(found: list[Article]) -> None:
    everything = "\n".join(a.text for a in found)
    for furniture in (
        "今平湖客户端",
        "DIYI PINGLUN",
        "栏目统筹",
        "下转",
        "增幅列嘉兴第一位",
        "亮眼数据",
        "“镇”不简单",
        "实干开图",
    ):
        assert furniture not in everything


DOUBLED = "““三极三极””审批改革重新定义审批改革重新定义““平湖速度平湖速度””"  # bold type, as the page has it


def test_no_sentence_of_the_pages_is_lost(pages: dict[str, Page], found: list[Article]) -> None:
    """A stretch of 25 and more characters that is in no article is part of a headline."""
    for name, page in pages.items():
        covered = {
            i for a in found if a.file == name for r in a.runs for i in range(r.source_start, r.source_start + r.length)
        }
        titles = "".join("".join(a.title.split()) for a in found if a.file == name) + DOUBLED
        for line in page.text.splitlines(keepends=True):
            start = page.text.index(line)
            missing = "".join(c for i, c in enumerate(line, start) if i not in covered and not c.isspace())
            if len(missing) >= 25:
                assert missing in titles, (name, missing)


def test_runs_are_the_files_own_characters(pages: dict[str, Page], found: list[Article]) -> None:
    for article in found:
        _check_runs(article, pages[article.file].text)


def _check_runs(article: Article, source: str) -> None:
    covered = set()
    for a, b in zip(article.runs, article.runs[1:], strict=False):
        assert a.start + a.length <= b.start
        assert a.source_start + a.length <= b.source_start
    for run in article.runs:
        assert run.length > 0
        text = article.text[run.start : run.start + run.length]
        assert text == source[run.source_start : run.source_start + run.length]
        covered.update(range(run.start, run.start + run.length))
    assert {article.text[i] for i in set(range(len(article.text))) - covered} <= {"\n", " "}


def _bare(text: str) -> str:
    return "".join(text.split())


def test_every_article_stands_in_the_file(pages: dict[str, Page], found: list[Article]) -> None:
    """Each paragraph, and the text as a whole: on these pages nothing else stands between an article's paragraphs."""
    for article in found:
        source = pages[article.file].text
        for start, end in _lines(article.text):
            a, b = source_span(article, start, end)
            assert _bare(source[a:b]) == _bare(article.text[start:end])
        a, b = source_span(article, 0, len(article.text))
        assert _bare(source[a:b]) == _bare(article.text)


def _lines(text: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    for line in text.split("\n"):
        spans.append((at, at + len(line)))
        at += len(line) + 1
    return [(a, b) for a, b in spans if b > a]


@given(st.data())
def test_any_stretch_within_a_line_is_found_in_the_file(
    pages: dict[str, Page], found: list[Article], data: st.DataObject
) -> None:
    article = data.draw(st.sampled_from(found))
    left, right = data.draw(st.sampled_from(_lines(article.text)))
    start = data.draw(st.integers(left, right - 1))
    end = data.draw(st.integers(start + 1, right))
    a, b = source_span(article, start, end)
    assert _bare(pages[article.file].text[a:b]) == _bare(article.text[start:end])


def _page(text: str) -> Page:
    return Page("p.txt", text, "utf-8", "0" * 64)


@given(
    st.text(
        st.sampled_from("平湖市人工智能5,。，”“：（）■—AI 　\n\n\n\r\f记者版下转摄影👍\u3000")
        | st.characters(codec="utf-8"),
        max_size=400,
    )
)
def test_any_page_keeps_the_files_characters(text: str) -> None:
    articles = articles_of(_page(text))
    spans = [set(range(r.source_start, r.source_start + r.length)) for a in articles for r in a.runs]
    for article in articles:
        assert article.text.strip()
        _check_runs(article, text)
    assert sum(map(len, spans)) == len(set().union(*spans))
    assert [a.article_id for a in articles] == [f"p.txt#{n}" for n in range(1, len(articles) + 1)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_any_system(newline: str) -> None:
    page = newline.join(
        ["平湖再添新企业", "", "■记者 王强", "", "　　本报讯 昨天，一家新企业落户平湖，总投资5亿元。", ""]
    )
    (article,) = articles_of(_page(page))
    assert (article.title, article.byline) == ("平湖再添新企业", ("王强",))
    assert article.text == "本报讯昨天，一家新企业落户平湖，总投资5亿元。"


def test_date_of_the_page() -> None:
    page = "2025年6月3日 星期二\n\n平湖再添新企业\n\n■记者 王强\n\n　　本报讯 昨天，一家新企业落户平湖，总投资5亿元。\n"
    assert [a.date for a in articles_of(_page(page))] == ["2025-06-03"]


def test_headline_printed_twice_is_read_once() -> None:
    page = "““三极三极””改革改革\n\n■记者 王强\n\n　　本报讯 昨天，平湖“三极”改革取得成效，审批时限压缩了一半。\n"
    assert [a.title for a in articles_of(_page(page))] == ["“三极”改革"]


def test_jump_within_a_line_leaves_the_quote_in_the_file() -> None:
    page = "平湖再添新企业\n\n■记者 王强\n\n　　本报讯 昨天，一家新企业落户平湖，(下转2版)总投资5亿元，职工三百人。\n"
    (article,) = articles_of(_page(page))
    for start, end in _lines(article.text):
        a, b = source_span(article, start, end)
        assert _bare(page[a:b]) == _bare(article.text[start:end])


def test_emoji_joined_by_an_invisible_character_stays_whole() -> None:
    page = "　　一家人👨\u200d👩\u200d👧来到平湖市参加活动，大家都很高兴，玩到很晚才回家。\n"
    (article,) = articles_of(_page(page))
    a, b = source_span(article, 0, len(article.text))
    assert _bare(page[a:b]) == _bare(article.text)


UNSEEN = """2026年3月5日  星期四
海湾日报
第02版

清河渡口重开 老船工当起讲解员
本报讯（记者 陆小舟 通讯员 方知远）昨天上午，停
航十一年的清河渡口重新开放，首日迎来游客三千二百余
人次。渡口管理所所长介绍，修复工程历时14个
月，投入资金860万元，恢复了石阶、候船亭和两座灯
塔。
　　据了解，渡口每周二闭园检修，票价为每人15元，本市
居民免票。

　　记者 温如玉
　　3月3日，海湾市图书馆宣布启动“夜读计划”，自4月
1日起将闭馆时间由晚上八点延长至十一点。夜间将开放二
楼自习区和三楼古籍展厅，共设座位420个。
　　这项计划源于一名高中生的来信。信中说，放学后
想找一个安静的地方写作业。
图书馆夜读计划下月启动

梧桐街道垃圾分类有了“积分账本”
　　本报讯 走进梧桐街道，每户人家的门口都贴着一张二
维码。居民扫码投放厨余垃圾，每公斤可得2个积分，积
分可以兑换洗衣液、大米等日用品。
（记者 白若溪 文/图）
"""


def test_headline_before_after_and_byline_within() -> None:
    """A page on which each story has its headline and byline at another place."""
    found = articles_of(_page(UNSEEN))
    assert [(a.title, a.byline, a.date) for a in found] == [
        ("清河渡口重开 老船工当起讲解员", ("陆小舟", "方知远"), "2026-03-05"),
        ("图书馆夜读计划下月启动", ("温如玉",), "2026-03-05"),
        ("梧桐街道垃圾分类有了“积分账本”", ("白若溪",), "2026-03-05"),
    ]
    assert [a.text.count("\n") for a in found] == [1, 1, 0]
    assert found[2].text.endswith("积分可以兑换洗衣液、大米等日用品。")


@pytest.mark.parametrize(
    "line",
    ["." * 60 + "12", "—" * 80 + "完", "=" * 70 + ">", "－" * 75 + "１", "ab" * 40 + "c"],
    ids=["dots", "dashes", "equals", "wide", "letters"],
)
def test_ruled_lines_are_read_in_time(line: str, within) -> None:
    page = f"{line}\n\n■记者 王强\n\n　　本报讯 昨天，一家新企业落户平湖，总投资5亿元，职工三百人。\n"
    with within(2):
        articles = articles_of(_page(page))
    assert [a.text for a in articles] == ["本报讯昨天，一家新企业落户平湖，总投资5亿元，职工三百人。"]


def test_large_file_is_read_in_linear_time(within) -> None:
    line = "平湖人工智能产业签约落地" * 30_000
    with within(20):
        (article,) = articles_of(_page(line))
    assert article.text == line


@pytest.mark.parametrize(
    ("head", "source", "number"),
    [
        ("嘉兴日报·平湖版\n第03版\n", "嘉兴日报·平湖版", "03"),
        ("平 湖 日 报\nA02版\n", "平湖日报", "A02"),
        ("", "", ""),
        ("记者在日报社采访\n", "", ""),
    ],
)
def test_newspaper_and_page_number_are_those_that_the_page_prints(head: str, source: str, number: str) -> None:
    text = f"{head}2025年4月21日\n\n签约仪式举行\n■记者 王强\n本报讯 昨天，平湖签约了5个人工智能项目，总投资5亿元，市领导出席。\n"
    (article,) = articles_of(Page("p.txt", text, "utf-8", ""))
    assert (article.source, article.page, article.date) == (source, number, "2025-04-21")
    stated = Page("p.txt", text, "utf-8", "", Stated(source="别报", page="9"))
    assert [(a.source, a.page) for a in articles_of(stated)] == [("别报", "9")]
