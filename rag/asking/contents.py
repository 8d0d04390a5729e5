"""Question -> the words that an answer must have: without question words, politeness, and the noun asked for."""

from __future__ import annotations

import re

from rag.text.terms import content_words

_NOUNS = (
    "单位|公司|企业|机构|部门|学校|大学|银行|医院|集团|团队|球队|组织|协会|城市|地方|国家|省份|地区|县市|街道|镇|村|项目|措施|举措|"
    "办法|方法|方式|途径|活动|内容|"
    "建议|问题|做法|方面|特点|优势|产品|业务|政策|任务|要求|协议|成果|成绩|经验|服务|功能|好处|荣誉|奖项|奖|条件|材料|手续|进展|"
    "变化|原因|事情|事|人物|人|职务|职位|"
    "身份|头衔|时候|时间|地点|日期|意见|观点|看法|评价|回应|感想|反应|结果|影响|作用|意义|目标|计划|打算|困难|挑战|规定|标准|品牌|"
    "场馆|景区|领域|行业|类型|名字|情况|东西|关系|样"
)
_COUNTERS = (
    "个|家|位|名|些|几|项|座|条|所|支|种|年|月|天|日|号|里|儿|次|届|款|类|场|部|本|份|间|处|国|省|市|县|区|镇|村|两|三|四|"
    "五|六|七|八|九|十|一"
)
_LONG_NOUNS = "|".join(noun for noun in _NOUNS.split("|") if len(noun) > 1)
_MODIFIER = r"[^，。？?的了和与、哪什谁]{1,8}?"
_WHICH = rf"(?:哪(?:{_COUNTERS})*|什么样的?|什么|啥|有?何种?)"
_ASKED_NOUN = re.compile(
    rf"{_WHICH}(?P<modifier>{_MODIFIER}的?)??(?:{_NOUNS})(?=[，。？?！呢吗呀啊\s了的和与在是有被由将会要也都获承参能可负中上夺举签拿]|"
    rf"$)|{_WHICH}(?:{_LONG_NOUNS})"
)
_PHRASES = re.compile(
    r"请问|请教|(?<![申邀聘报])请(?!求|示|假|愿|客)(?:你|您)?(?:告诉|说|列|介绍|帮)?(?:我|一下|出|说)*|麻烦(?:你|您)?|我?(?:想|要|"
    r"想要)(?:问|知道|了解|查)(?:一?下)?|告诉我|帮(?:我|忙)(?:查|找|看)?(?:一?下)?|给我(?:说|讲|介绍)?(?:一?下)?"
    r"|谢谢(?:你|您|了|啦)?|多谢|你好|您好|劳驾|能不能(?:告诉|说)|你(?:们)?知道|有谁知道|听说"
    r"|(?:总结|概括|概述|归纳|梳理|整理|介绍|讲讲|说说|谈谈|聊聊|盘点|列举|列出|罗列|简述|对比|比较|比一比|回顾|简单介绍|"
    r"简要介绍)(?:一?下)?(?:子)?|来龙去脉|前因后果|始末|时间线|时间轴|大事记"
    r"|(?:哪些|什么|多少|有没有|所有)?(?:关于|有关)|(?:的|篇|条)?(?:报道|文章|新闻|稿件)|你们|收录|的(?:经过|全?过程)[?？。]?$|"
    r"按时间(?:顺序)?|主要(?:讲|说|内容)|相比(?:较)?|之间|分别|一共|总共|到底|究竟|目前|现在|如今"
    r"|有(?:什么|何|哪些|啥)?(?:不同|区别|差别|差异|变化|不一样)|(?:不同|区别|差别|差异|异同)"
)
_QUESTION_WORDS = re.compile(
    r"干(?:什么|啥|嘛)的?|做(?:什么|啥)的|对不对|对吗|对吧|是吗|是吧|好吗|行吗|是不是|有没有|能不能|会不会|可不可以|要不要|是否|"
    r"能否|可否|有无|什么时[候间]|啥时[候间]?|何时|几时|什么地方|什么样|多会儿"
    r"|为什么|为何|为啥|怎么样|怎么|怎样|如何|咋样?|哪(?:一)?[个家位名些几年月天日里儿种座条所支次项届款国省市县区镇村]*|什么|啥|"
    r"多少(?:钱|[万亿]*(?:美|欧)?元|[个家位名次项条吨亩天年月座所台辆户件种块米公里平方倍]{1,3}|人(?!口|才|员|工|民|数))?"
    r"|几(?:个|家|位|名|次|项|条|篇|张|本|吨|天|年|月|[号日](?!楼|线)|点|座|所|台|成|倍|岁|种)|多[大高长久远快重]|百分之几|第几|谁|"
    r"吗|呢|[呀嘛哦]|的话|(?:这|那)(?:个|些|家|次|项|位|座|笔|场|条|件|篇|里|种)|"
    r"(?<![拥具没所持享含占还])有(?![限效关机害序利毒偿])|其中|原因|还是|或者|对于|了|的"
)
_EMPTY = frozenset(
    "情况 事情 时候 时间 方面 一下 有关 关于 相关 具体 主要 什么 可以 应该 知道 事儿 提出 作出 采取 得到 进行 来说 增长 是谁".split()
) - {"增长"}
_STOP_WORDS = frozenset(
    "a an and any are as at all be been being but by can could did do does don't didn't for from give had has have how i if in into "
    "is isn't it its it's it me more most much many must my "
    "no not of on or our own please s say said show so some tell than that the their them there these they this those to us very "
    "was wasn't we were what what's when where which who who's whom "
    "whose why will with would you your about already ever list name summarise summarize summary overview timeline compare "
    "comparison compared difference between versus vs news report reports "
    "article articles story stories per each every he she his her him then right correct find also other against take took happen "
    "happened start".split()
) - {"own", "start", "against"}
_ENGLISH_NOUN = re.compile(
    r"\bhow (?:many|much|long|big|large|often|far|fast|old|tall|high|deep|heavy|wide|come)\b|\b(?:which|what) (?!was|is|has|"
    r"does)[a-z]+s\b|\b(?:in |at |on |for |of |by )?(?:what|which)(?: [a-z'-]+){0,1}? (?:company|companies|firm|firms|"
    r"organi[sz]ation|organi[sz]ations|department|agency|university|school|bank|hospital|team|group|"
    r"institution|city|cities|town|place|country|province|county|district|village|street|year|date|day|month|time|percent|"
    r"percentage|share|proportion|measures?|projects?|steps?|kinds?|types?|people|"
    r"person|position|post|office|title|job)\b",
    re.IGNORECASE,
)


def chinese_content(text: str) -> tuple[str, ...]:
    """Return the content words of a Chinese question, from which times, places and names were taken out."""
    left = _ASKED_NOUN.sub(lambda match: f" {match['modifier'] or ''} ", _PHRASES.sub(" ", text))
    left = _QUESTION_WORDS.sub(" ", left)
    latin = [word.lower() for word in re.findall(r"[A-Za-z][A-Za-z0-9.+-]*", left) if len(word) > 1]
    return tuple(dict.fromkeys([w for w in content_words(left) if w not in _EMPTY] + latin))


def english_content(text: str) -> tuple[str, ...]:
    """Return the content words of an English question in lower case."""
    left = _ENGLISH_NOUN.sub(" ", text)
    words = (word.strip("'").lower().removesuffix("'s") for word in re.findall(r"[A-Za-z][A-Za-z']*", left))
    return tuple(dict.fromkeys(word for word in words if len(word) > 1 and word not in _STOP_WORDS))
