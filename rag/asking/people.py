"""Text -> the people whom it names together with their title, and what stands before the title.

Names without a title are not looked for: too many words have the form of one. So are names whose end is not certain:
what follows must be a stop, a word such as 表示, or the end of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import rjieba

from rag.asking.titles import FOREIGN_OFFICES, OFFICE, TITLE
from rag.text.bylines import SURNAMES

_COMPOUND = (
    "欧阳|上官|司马|诸葛|皇甫|司徒|慕容|令狐|尉迟|公孙|夏侯|端木|轩辕|东方|西门|南宫|呼延|独孤|澹台|宇文|长孙|鲜于|闻人"
)
_SURNAME = rf"(?:{_COMPOUND}|[{SURNAMES}])"
_GIVEN = r"[\u3400-\u9fff]"
_FUNCTION = (
    "说在和与及的是表称道向对为以等将也都就会到从同带率出参主指强认透坦直回分解讲致宣一走前来赴陪接还曾任于则因当把"
    "被让请告介发作代又正已给跟并没不摄文图"
)
"""Characters that begin the word after a name. The rarest of them in names; a name of three that ends in one is doubted."""
_VERBS = (
    "摄|怎么|怎样|如何|什么|有何|是谁|是哪|表示|介绍|告诉|认为|指出|强调|透露|坦言|直言|回忆|分析|解释|主持|出席|参加|提出|发现|"
    "发表|发言|宣布|宣读|讲话|致辞|致欢迎|作了|作报|作为|代表|陪同|带领|率队|率领|带队"
    "|前往|赶到|赶赴|一行|走进|走访|来到|深入|调研|接受|接过|说道|说起|说着|担任|出任|曾任|会见|参与|领取|获得|荣获|荣膺|当选|撰文|"
    "摄影|报道|实习|通讯员|建议|呼吁|要求|感慨|感叹"
    "|笑着|正在|没有|因为|为了|今年|去年|昨天|近日|日前|目前|先生|女士|同志|教授|老师|也|都|就|还|说|在|和|与|及|的|是|等|将|向|对|"
    "为|以|从|到|于|则|因|把|被|让|请|称|道|带|率|赴|看|做|用|有|又|正(?=在|式|是|计|准|试|努)|已|给|跟|不"
)
_DOUBTED = frozenset("能齐国全都从那有和应相后向时别经当解要宿幸查扶堵充连终通边怀同可则更会何")
"""Surnames that mostly begin another word: a name with one must be known to the segmenter."""
_VERB = re.compile(_VERBS)
_STOP = r"[\s\u3000，。、；：:,;.!?！？“”‘’（）()《》【】\[\]/／|｜—…●■◆▲]"
_AFTER = re.compile(rf"$|{_STOP}|{_VERBS}|{TITLE}")
_DOTTED = re.compile(r"[\u3400-\u9fff]{1,6}(?:[·•‧・][\u3400-\u9fff]{1,8}){1,3}")
SOUNDS = (
    "阿埃艾爱安奥巴白拜班贝本比彼宾波伯勃博布查察茨达戴丹道德登蒂迪丁东杜多厄恩尔法凡菲费芬弗福盖戈格古哈海汉豪赫亨洪华怀霍基吉加贾杰金卡凯坎考科克肯库奎拉莱兰朗劳勒雷里利"
    "莉丽列林琳卢鲁路伦罗洛马玛迈曼梅门蒙米密明摩莫默姆穆纳娜南内尼涅宁纽努诺欧帕佩皮普奇乔切琼热日荣萨塞赛桑瑟森沙山尚舍施什史舒斯苏索塔泰坦汤特滕托瓦万威韦维温文沃乌西希锡席夏"
    "谢辛休逊雅亚京扬耶叶伊因英尤约扎詹泽朱宗佐姬瑞连"
)
_FOREIGN = re.compile(rf"[{SOUNDS}]{{2,7}}?(?=表示|说|称|在|与|和|对|会见|指出|强调|宣布|将|发表|访问|[，。、（“”]|$)")
_PERSON = re.compile(
    rf"(?P<title>{TITLE}(?:[兼、](?:[\u3400-\u9fff]{{0,10}}?){TITLE}){{0,3}})(?P<gap>[ \u3000：:]{{0,2}})(?=\S)"
)
_BEFORE_LIST = re.compile(r"[、和与及 \u3000]{1,2}")
_BRACKET = re.compile(
    rf"(?:^|(?<={_STOP})|(?<=[由和与及]))(?P<name>{_SURNAME}{_GIVEN}{{1,2}})[（(](?P<of>[\u3400-\u9fff]{{0,20}}?)(?P<title>{TITLE})[）)]"
)
_APPOINTED = re.compile(
    rf"(?:^|(?<={_STOP})|(?<=任命)|(?<=决定)|(?<=选举)|(?<=免去))(?P<name>{_SURNAME}{_GIVEN}{{1,2}}?)(?:同志|先生|女士)?(?:的|"
    rf"，(?:现|曾)?任|现任|担任|出任|当选为?|任|为)"
    rf"(?P<of>[\u3400-\u9fff]{{0,20}}?)(?P<title>{TITLE})(?=职务|{_STOP}|$)"
)
_NAME_FIRST = re.compile(
    rf"(?:^|(?<=[，。；：“”、\s]))(?P<name>{_SURNAME}{_GIVEN}{{1,2}}?)(?P<title>教授|院士|市长|县长|省长|书记|局长|主任|院长|校长|"
    rf"董事长|总经理|总理|主席|医生|律师)(?=[说在表的，。介告指认：、怎对谈提如为]|$)"
)
_BEFORE = re.compile(r"[\u3400-\u9fffA-Za-z0-9（）()·]{0,30}$")
_CUT = re.compile(
    r".*(?:的|是|由|对|与|和|及|向|为|在|给|让|请|从|据|说|被|把|跟|同|任命|选举|采访|记者|访谈|专访|以及|其中|来自|邀请|邀|作为|"
    r"身为|担任|时任|现任|原任|表示|年[，,]?|月|日|[了着过]|下午|上午|晚上|当天|当日|昨天|昨日|今天)"
)


@dataclass(frozen=True, slots=True)
class Person:
    """``text[start:end] == name``. ``title``: 市委副书记、市长. ``of``: the place or body before the title, "" if none."""

    name: str
    title: str
    of: str
    start: int
    end: int


def people(text: str) -> list[Person]:
    """Return the people in order, each mention once."""
    found: dict[int, Person] = {}
    for person in map(_with_own_place, [*_titled(text), *_named_first(text)]):
        if not any(p.start < person.end and person.start < p.end for p in found.values()):
            found[person.start] = person
    return [found[start] for start in sorted(found)]


def _with_own_place(person: Person) -> Person:
    """Return the person of 平湖市市长 with 平湖市 and 市长, not 平湖 and 市市长."""
    doubled = re.match(r"([市省县区镇乡村州])\1长", person.title)
    within = (
        re.match("(?:街道|社区|镇|乡|村)(?=党|工委|团委|纪委|办)|[市省县区州](?![长委政人]|纪|党组)", person.title)
        if person.of
        else None
    )
    length = 1 if doubled else within.end() if within else 0
    return replace(person, title=person.title[length:], of=person.of + person.title[:length])


def _titled(text: str) -> Iterator[Person]:
    """Return people after their title, and those listed after them: 记者张三、李四."""
    for match in _PERSON.finditer(text):
        at = match.end()
        end = _name_end(text, at, match["title"])
        if not end or (match["gap"].strip() and end - at > 4):
            continue
        of = _of(text, match.start())
        while end:
            yield Person(text[at:end], match["title"], of, at, end)
            between = _BEFORE_LIST.match(text, end)
            if not between or re.compile(TITLE).match(text, between.end()):
                break
            at = between.end()
            is_listed = between.group().strip() == "、" or (text[at : at + 4].strip() and not between.group().strip())
            end = _name_end(text, at, "") if is_listed or between.group() in "和与及" else 0


def _named_first(text: str) -> Iterator[Person]:
    for pattern in (_BRACKET, _APPOINTED, _NAME_FIRST):
        for match in pattern.finditer(text):
            if is_name(match["name"]):
                of = match["of"] if "of" in pattern.groupindex else ""
                yield Person(match["name"], match["title"], of, match.start("name"), match.end("name"))


def _name_end(text: str, at: int, title: str) -> int:
    """Return where the name that begins at ``at`` ends; 0 if no name begins there, or if its end is not certain."""
    dotted = (
        _DOTTED.match(text, at) if text[at : at + 1] not in ("对", "向", "与", "在", "是", "由", "让", "把") else None
    )
    if dotted:
        return _dotted_end(text, at, dotted.end())
    surname = re.match(_SURNAME, text[at : at + 2])
    if surname:
        one, two = at + surname.end() + 1, at + surname.end() + 2
        ends = [end for end in (two, one) if end <= len(text) and is_name(text[at:end]) and _AFTER.match(text, end)]
        if ends:
            return ends[-1] if len(ends) == 2 and _third_is_a_verb(text, one) else ends[0]
    foreign = _FOREIGN.match(text, at) if any(title.endswith(office) for office in FOREIGN_OFFICES) else None
    return foreign.end() if foreign else 0


def _third_is_a_verb(text: str, one: int) -> bool:
    """Return whether the name ends after two characters: the third begins a verb, or is a word that no stop follows."""
    verb = _VERB.match(text, one)
    if verb and len(verb.group()) > 1:
        return True
    return text[one] in "摄文图说等称道" or (
        text[one] in _FUNCTION and not re.match(rf"$|{_STOP}", text[one + 1 : one + 2])
    )


def _dotted_end(text: str, at: int, longest: int) -> int:
    """Return the end of a name with dots: before the first word after its last dot that is no part of a name."""
    last = max(text.rfind(dot, at, longest) for dot in "·•‧・") + 1
    for end in range(last + 1, longest):
        verb = _VERB.match(text, end)
        if verb and (text[end] not in SOUNDS or len(verb.group()) > 1):
            return end
    return longest if _AFTER.match(text, longest) else 0


def is_name(name: str) -> bool:
    """Return whether the characters can be a name and are not an ordinary word such as 高兴 or 安全."""
    if not re.fullmatch(rf"{_SURNAME}{_GIVEN}{{1,2}}", name) or re.search(
        r"谢谢|[副兼原总]$|[某们的了是地]|[市县省镇村]$|大[爷妈娘叔]|先生|女士|老师|师傅|阿姨|奶奶|爷爷", name
    ):
        return False
    verb = re.fullmatch(rf"({_VERBS}).?", name)
    if verb and len(verb[1]) > 1:
        return False
    tags = rjieba.tag(name)
    if name[0] in _DOUBTED and not rjieba.has_word(name):
        return False
    if len(tags) == 1 and len(name) == 3 and tags[0][1] == "ns":
        return False
    if len(tags) == 1:
        return bool(tags[0][1].startswith("nr")) or not rjieba.has_word(name)
    return not (len(tags[-1][0]) > 1 and len(tags) == 2 and tags[0][1] in ("d", "p", "r", "m", "c"))


def _of(text: str, start: int) -> str:
    """Return the place or body that stands before the title; 平湖市 before 市长, though the title has its 市."""
    run = _BEFORE.search(text, max(0, start - 30), start)
    return re.split("[（(）)]", _CUT.sub("", run.group()))[-1].lstrip("·") if run else ""


OFFICE_WORD = re.compile(OFFICE)
"""An office alone, for a question that asks for who holds it."""
