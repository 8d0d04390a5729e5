"""What a question asks: a table written before the rules, a second one written after them, and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.asked import Asked, read_question

# question | kind | wanted | what else must hold: field=words; content= holds these words, without= holds none of these
TABLE = """
平湖签约了哪些人工智能项目？ | list | none | content=平湖 签约 人工智能; without=项目 哪些; places=平湖
哪个单位获得了一等奖？ | fact | organisation | content=一等奖; without=单位 哪个
承办这次比赛的是哪家公司？ | fact | organisation | content=比赛 承办; without=公司 哪家
平湖市长是谁 | office | person | content=市长; without=谁; office=市长; places=平湖
平湖现任市委书记是哪位？ | office | person | office=市委书记; places=平湖; without=哪位
谁是周军波？ | person | person | people=周军波; without=谁
周军波是谁 | person | person | people=周军波
罗李华是干啥的 | person | none | people=罗李华; without=干啥
周军波是什么职务？ | person | none | people=周军波; without=职务 什么
周军波在会上说了什么？ | said | none | people=周军波; without=什么
董事长罗李华怎么看人工智能？ | said | none | people=罗李华; content=人工智能
市委书记仲旭东对数字经济提出了什么要求 | said | none | people=仲旭东; content=数字 经济; without=要求
晨光电缆去年营收多少钱？ | fact | money | content=营收; organisations=晨光电缆; without=多少 多少钱
浙江晨光电缆股份有限公司是哪年成立的？ | when | date | organisations=浙江晨光电缆股份有限公司; without=哪年
2025年上半年平湖的GDP增速是多少？ | fact | percent | places=平湖; years=2025; without=多少
2024年平湖新增了多少家企业 | fact | number | places=平湖; years=2024; content=新增 企业; without=多少家
工业增加值占比多少 | fact | percent | content=增加值; without=多少
开幕式啥时候办的？ | when | date | content=开幕式; without=啥时候
西瓜灯节几号开始呀 | when | date | content=西瓜; without=几号
国际马拉松什么时候在平湖举行？ | when | date | content=马拉松; places=平湖; without=什么时候
大会在哪儿开的？ | fact | place | content=大会; without=哪儿
总部设在哪个城市？ | fact | place | content=总部; without=城市 哪个
为什么平湖要发展低空经济？ | why | none | content=低空 经济; places=平湖; without=为什么
为啥停产了 | why | none | content=停产; without=为啥
这事儿咋办的？ | how | none | refers=yes; without=咋
老旧小区改造怎么申请？ | how | none | content=小区 改造 申请; without=怎么
如何预约接种疫苗 | how | none | content=预约 疫苗; without=如何
平湖有没有地铁？ | yes_no | none | content=地铁; places=平湖; without=有没有
是不是所有学校都停课了 | yes_no | none | content=学校 停课; without=是不是
平湖今年没有举办马拉松，对吗？ | yes_no | none | polarity=negative; content=马拉松; without=对吗
项目已经投产了吗 | yes_no | none | content=投产; polarity=positive; without=吗
平湖和海宁哪个GDP高？ | compare | none | sides=平湖GDP; sides=海宁GDP; without=哪个
2023年和2024年的产值相比有什么变化 | compare | none | sides=2023年的产值; sides=2024年的产值
独山港镇与新埭镇的人口有什么不同？ | compare | none | sides=独山港镇的人口; sides=新埭镇的人口; without=不同
当湖街道在文明城市创建中采取了什么措施？ | list | none | content=文明 城市 创建; without=措施 什么
梳理一下化工园区爆炸事件的来龙去脉 | timeline | none | content=化工 爆炸; without=来龙去脉 梳理
总结一下平湖的旅游业 | summary | none | content=旅游业; places=平湖; without=总结
这篇文章主要讲了什么 | summary | none | refers=yes; without=什么
你们收录了哪些报纸？ | catalogue | none | without=哪些
有哪些关于垃圾分类的报道 | catalogue | none | content=垃圾 分类; without=报道
你好 | small_talk | none |
你是谁？ | small_talk | none |
谢谢啦 | small_talk | none |
今天天气怎么样 | now | none |
现在几点了？ | now | none |
低空经济 | topic | none | content=低空 经济
平湖西瓜 | topic | none | content=西瓜
请问平湖新仓镇的粮食产量是多少吨，谢谢 | fact | number | content=粮食 产量; without=请问 谢谢 多少
那它的投资额呢？ | fact | money | refers=yes
它什么时候投产？ | when | date | refers=yes; content=投产
北京大学和平湖签了什么协议？ | list | none | organisations=北京大学; places=平湖
Who is the mayor of Pinghu? | office | person | places=平湖; office=mayor; without=who
Who is Zhou Junbo? | person | person | people=Zhou Junbo
Which company won the contract? | fact | organisation | content=won contract; without=company which
What did Luo Lihua say about artificial intelligence? | said | none | people=Luo Lihua; content=artificial intelligence
How many enterprises were founded in Pinghu in 2024? | fact | number | places=平湖; years=2024; content=enterprises founded; without=many
How much was invested in the new plant? | fact | money | content=invested plant
What percentage of farmers own a car? | fact | percent | content=farmers car; without=percentage
When did the watermelon festival open? | when | date | content=watermelon festival; without=when
What year was the company founded? | when | date | content=founded; without=year
Where is the headquarters of the group? | fact | place | content=headquarters; without=where
In which city was the fair held? | fact | place | content=fair held; without=city
Why was the bridge closed? | why | none | content=bridge closed
How does the city treat its waste water? | how | none | content=waste water
How do I apply for the subsidy? | how | none | content=apply subsidy
Is the factory already in production? | yes_no | none | content=factory production; polarity=positive
Didn't the government raise the tax? | yes_no | none | polarity=negative; content=government tax
Which measures did the town take against floods? | list | none | content=town floods; without=measures which
List all projects signed in Jiaxing | list | none | places=嘉兴; content=signed; without=list
Compare the GDP of Pinghu and Haining | compare | none | sides=GDP of Pinghu; sides=GDP of Haining; without=compare
What is the difference between Pinghu and Haiyan in population? | compare | none | sides=Pinghu; sides=Haiyan; without=difference
Give me a timeline of the chemical plant explosion | timeline | none | content=chemical explosion; without=timeline
Summarise the news about rural tourism | summary | none | content=rural tourism; without=summarise news
What articles do you have about recycling? | catalogue | none | content=recycling; without=articles
Hello! | small_talk | none |
What's the weather today? | now | none |
low-altitude economy | topic | none | content=low altitude economy
When will it start production? | when | date | refers=yes; content=production
"""


HELD_BACK = """
桐乡今年引进了几个外资项目？ | fact | number | places=桐乡; content=外资 引进; without=几个
哪些部门负责防汛？ | list | none | content=防汛 负责; without=部门 哪些
图书馆啥时候开门啊 | when | date | content=图书馆 开门; without=啥时候
谁当选了嘉兴市市长？ | office | person | office=市长; places=嘉兴
海宁皮革城的老板是谁 | office | person | places=海宁; without=谁
张建国是个什么样的人？ | person | none | people=张建国
宁波和杭州谁的机场客流量大？ | compare | none | sides=宁波机场客流量; sides=杭州机场客流量
这个镇有多少人口？ | fact | number | refers=yes; content=人口
今年的中考是几月几号？ | when | date | content=中考
平湖经济开发区去年的财政收入是多少亿元？ | fact | money | places=平湖; content=财政收入; without=多少
学校咋还没放假 | why | none | content=学校 放假
农民工工资咋发的？ | how | none | content=农民工 工资
你觉得平湖怎么样 | fact | none | places=平湖
水价是不是涨了？ | yes_no | none | content=水价; without=是不是
老年食堂一顿饭多少钱呀 | fact | money | content=食堂; without=多少钱
平湖有啥好玩的地方？ | list | none | places=平湖; without=啥 地方
市民对停车难有何意见 | said | none | content=停车; without=意见
给我讲讲台风利奇马的经过 | timeline | none | content=台风; without=经过
亚运会开幕式在哪个体育馆举行的？ | fact | place | content=亚运会 开幕式; without=哪个
环保局对化工厂罚了多少钱 | fact | money | content=环保局 化工厂; without=多少钱
Who is the chairman of Wahaha Group? | office | person | organisations=Wahaha Group; office=chairman
How long is the new metro line? | fact | number | content=metro line; without=long
Did Jiaxing host the Asian Games in 2023? | yes_no | none | places=嘉兴; years=2023; polarity=positive
Which schools will move to the new campus? | list | none | content=campus; without=schools which
Tell me about the lantern festival | summary | none | content=lantern festival
What has been done to protect wetlands? | fact | none | content=protect wetlands; without=what
Is Hangzhou larger than Ningbo? | compare | none | sides=Hangzhou; sides=Ningbo
Why haven't they opened the tunnel yet? | why | none | refers=yes; content=opened tunnel
thanks a lot | small_talk | none |
What did the mayor promise residents? | said | none | content=residents; without=what
"""

SECOND_HELD_BACK = """
湖州有几座机场 | fact | number | places=湖州; content=机场; without=几座
是谁主持了签约仪式？ | fact | person | content=主持 签约 仪式; without=谁
桐乡市委书记叫啥名字 | office | person | office=市委书记; places=桐乡
王建国是做什么的 | person | none | people=王建国; without=什么
李明教授怎么评价这部作品？ | said | none | people=李明; refers=yes
新能源汽车销量同比增长了多少？ | fact | percent | content=新能源 汽车 销量; without=多少
哪家医院接收了伤员 | fact | organisation | content=伤员 接收; without=医院 哪家
小区停电到几点钟 | when | date | content=小区 停电; without=几点
运动会哪天闭幕？ | when | date | content=运动会 闭幕; without=哪天
门票要多少钱一张 | fact | money | content=门票; without=多少钱
出了事故该找谁 | fact | person | content=事故
这条路修好了没有？ | yes_no | none | refers=yes; content=修好
难道平湖没有大学吗？ | yes_no | none | places=平湖; polarity=negative; content=大学
海盐跟平湖比，哪个面积大？ | compare | none | sides=海盐面积; sides=平湖面积
平湖为什么叫平湖 | why | none | places=平湖
社保卡丢了怎么办 | how | none | content=社保卡; without=怎么办 怎么
列举三个平湖的特产 | list | none | places=平湖; content=特产; without=列举
概括一下这次大会的精神 | summary | none | refers=yes; content=精神
有几篇写西瓜的文章？ | catalogue | none | content=西瓜; without=几篇 文章
外面下雨了吗 | now | none |
Who won the marathon? | fact | person | content=marathon won
Which bank lent the money to the farmers? | fact | organisation | content=lent farmers; without=bank which
What is the population of Haiyan? | fact | number | places=海盐; content=population
When was the Hangzhou Bay bridge opened? | when | date | content=bridge opened
Are there any hospitals in Haining? | yes_no | none | places=海宁; content=hospitals; polarity=positive
How can residents get a parking permit? | how | none | content=residents parking permit
Where did the fire break out? | fact | place | content=fire; without=where
What did they do next? | fact | none | refers=yes
Which is cheaper, the bus or the train? | compare | none | sides=bus; sides=train
Pinghu watermelon festival | topic | none | places=平湖; content=watermelon festival
"""


def rows(table: str) -> list[list[str]]:
    return [[field.strip() for field in line.split("|")] for line in table.strip().splitlines()]


def wrong(row: list[str]) -> list[str]:
    """Return what of a row of the table does not hold."""
    question, kind, wanted, rest = row
    asked = read_question(question)
    found = [f"kind {asked.kind}"] * (asked.kind != kind) + [f"wanted {asked.wanted}"] * (asked.wanted != wanted)
    items = [item.strip().partition("=") for item in rest.split(";") if item.strip()]
    return found + [f"{field}={value}: {asked}" for field, _, value in items if not holds(asked, field, value)]


def holds(asked: Asked, field: str, value: str) -> bool:
    content = " ".join(asked.content).lower()
    values = value.lower().split()
    if field == "content":
        return all(word in content for word in values)
    if field == "without":
        return not set(values) & set(content.split())
    if field == "places":
        return value in [place.short for name in asked.places for place in name.places]
    if field == "years":
        return int(value) in asked.years
    if field == "refers":
        return asked.refers_back is (value == "yes")
    if field == "sides":
        return any(value.replace("的", "").lower() in side.replace("的", "").lower() for side in asked.sides)
    if field in ("people", "organisations"):
        return value in getattr(asked, field)
    return bool(getattr(asked, field) == value)


@pytest.mark.parametrize("row", rows(TABLE), ids=lambda row: row[0])
def test_table(row: list[str]) -> None:
    assert not wrong(row)


@pytest.mark.parametrize("row", rows(HELD_BACK + SECOND_HELD_BACK.lstrip()), ids=lambda row: row[0])
def test_questions_written_after_the_rules(row: list[str]) -> None:
    assert not wrong(row)


_QUESTION = st.lists(
    st.sampled_from(
        "平湖 市长 是谁 哪些 公司 多少 为什么 2024年 和 海宁 比 吗 ？ 怎么 周军波 说了 什么 who is what 请问 Pinghu".split()
    ),
    max_size=8,
)


@given(_QUESTION.map("".join))
def test_question_words_are_no_content(question: str) -> None:
    asked = read_question(question)
    assert not {"哪些", "什么", "多少", "是谁", "为什么", "怎么", "请问"} & set(asked.content)
    assert len(asked.sides) in (0, 2)
    assert not asked.sides or asked.kind == "compare"
    assert bool(asked.office) <= (asked.kind == "office")


@given(st.text(max_size=60))
def test_any_question(question: str) -> None:
    asked = read_question(question)
    assert asked == read_question(question)
    assert all(asked.text[place.start : place.end] == place.words for place in asked.places)
