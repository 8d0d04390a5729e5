"""People with their titles: a table worked out by hand, and properties of any text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.people import people

# text | name, title, what stands before it; ...
TABLE = """
市长周军波说，要抓落实。 | 周军波,市长,
平湖市委书记仲旭东主持会议。 | 仲旭东,市委书记,平湖
平湖市委副书记、市长周军波在会上指出 | 周军波,市委副书记、市长,平湖
浙江晨光电缆股份有限公司董事长罗李华表示，订单满了。 | 罗李华,董事长,浙江晨光电缆股份有限公司
记者胡佳英 通讯员王伟 | 胡佳英,记者,; 王伟,通讯员,
■记者 胡佳英 陆佳 通讯员 李明 | 胡佳英,记者,; 陆佳,记者,; 李明,通讯员,
本报记者张伟报道 | 张伟,本报记者,
总经理王伟和李强一起到场。 | 王伟,总经理,
村民陈阿大、沈小妹说 | 陈阿大,村民,; 沈小妹,村民,
张三（市长）、李小红（县委书记）出席。 | 张三,市长,; 李小红,县委书记,
美国总统乔·拜登表示 | 乔·拜登,总统,美国
俄罗斯总统普京在莫斯科会见来宾。 | 普京,总统,俄罗斯
法国总统马克龙说 | 马克龙,总统,法国
任命周军波为平湖市市长。 | 周军波,市长,平湖市
周军波当选平湖市市长。 | 周军波,市长,平湖市
会议决定，王小明任平湖市教育局局长。 | 王小明,局长,平湖市教育局
欧阳明教授说，这很难。 | 欧阳明,教授,
“好事！”李强总理说。 | 李强,总理,
市人大常委会主任李明辉、市政协主席王红参加。 | 李明辉,市人大常委会主任,; 王红,市政协主席,
党委书记、董事长陈建华向大家致意。 | 陈建华,党委书记、董事长,
平湖市教育局局长张敏介绍 | 张敏,局长,平湖市教育局
嘉兴大学教授诸葛青认为 | 诸葛青,教授,嘉兴大学
市第一人民医院副院长朱晓明走进社区。 | 朱晓明,副院长,市第一人民医院
外交部发言人毛宁在例行记者会上答问。 | 毛宁,发言人,外交部
当湖街道党工委书记沈建国带队检查。 | 沈建国,党工委书记,当湖街道
新华社记者张涛摄 | 张涛,新华社记者,
主持人高明把话筒递给他。 | 高明,主持人,
董事长高兴地说，订单满了。 |
记者安全到达现场。 |
村民王大爷说，路通了。 |
记者会上，有人提问。 |
理事国自居是不对的。 |
市长说，要抓落实。 |
全体委员会议通过决议。 |
主任医师都说好。 |
主席团成员就座。 |
记者解释道，这是误会。 |
代表们认真审议报告。 |
众多分析师、基金经理齐聚一堂。 |
市长信箱收到来信。 |
书记员记录在案。 |
董事会决定分红。 |
老师们都来了。 |
经理层变动频繁。 |
"""


def rows(table: str) -> list[tuple[str, list[tuple[str, ...]]]]:
    lines = [line.split("|") for line in table.strip().splitlines()]
    return [
        (text.strip(), [tuple(item.strip().split(",")) for item in found.split(";") if item.strip()])
        for text, found in lines
    ]


@pytest.mark.parametrize(("text", "expected"), rows(TABLE), ids=lambda value: value if isinstance(value, str) else "")
def test_table(text: str, expected: list[tuple[str, ...]]) -> None:
    assert [(p.name, p.title, p.of) for p in people(text)] == expected


_SYLLABLES = st.sampled_from(
    [*"市长 书记 记者 周军波 仲旭东 平湖 表示 、 ， 和 乔·拜登 总统 （ ） 的 说 公司 董事长 a 1".split(), " ", "\n"]
)


@given(st.lists(_SYLLABLES, max_size=14).map("".join))
def test_names_are_in_the_text_and_apart(text: str) -> None:
    found = people(text)
    assert all(text[person.start : person.end] == person.name for person in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(person.of in text for person in found)


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    people(text)
