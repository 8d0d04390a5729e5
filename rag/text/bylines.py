"""Bylines: lines, and brackets inside a paragraph, that name writers and photographers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text.lines import CJK, Line

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方"
    "俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧"
    "计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经"
    "房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗"
    "山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴"
    "胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖"
    "庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆"
    "红游竺权逯盖益桓公岳帅缑亢况郈有琴商牟佘佴伯赏墨哈谯笪年爱阳佟肖闫付覃洛区仉督邝尧苟涂"
)
ROLE = re.compile(
    r"(?:本报|本刊|本台|新华社|首席|见习|实习|特约|驻地|全媒体)*"
    r"(?:评论员|记者|通讯员|实习生|摄影报道|摄影|摄|制图|绘图|供图|撰文|文字|图片|文|图)"
)
PICTURE = re.compile(r"摄影|摄|供图|图片|图")
_ROLE_WITHIN = re.compile(
    r"(?<=[" + CJK + r"])(?<!本报|本刊|本台|华社|首席|见习|实习|特约|驻地|媒体)"
    r"(?=(?:本报|见习|实习|特约)?(?:记者|通讯员|实习生))"
)
_MARKS = "■●◆□▲△★☆▍◎◇○※▌/／|｜·•: ：\t\u3000"
DATELINE = re.compile(
    r"本报["
    + CJK
    + r"]{0,8}讯|(?:本报|新华社|中新社)["
    + CJK
    + r"]{2,8}\d{1,2}月\d{1,2}日|[（(](?:本报)?记者[^（()）]{1,40}[）)]\S"
)
SIGNATURE = re.compile(r"[（(][^（()）]{0,8}(?:记\s*者|通\s*讯\s*员|摄\s*影)[^（()）]{1,90}[）)]")


def byline_names(line: str) -> tuple[str, ...] | None:
    """Return the names of a byline, () if it names only a role, None if the line is not a byline."""
    if len(line) > 80 or (DATELINE.match(line) and not re.fullmatch(r"[（(][^（()）]*[）)]", line)):
        return None
    tokens: list[str] = []
    line = _ROLE_WITHIN.sub(" ", _without_letter_spacing(line))
    line = re.sub(r"文\s*[/／]\s*图|图\s*[/／]\s*文", "摄影报道", line)
    for token in re.split(r"[\s、,，/／|｜:：]+", line.strip(_MARKS + "（）()")):
        if tokens and len(token) == 1 and len(tokens[-1]) <= 2 and not ROLE.fullmatch(tokens[-1]):
            tokens[-1] += token
        elif token:
            tokens.append(token)
    found, has_role = [], False
    for token in tokens:
        token = token.strip(_MARKS)
        role = ROLE.match(token)
        if role:
            has_role = True
            if role.group().endswith("评论员") and token == role.group():
                found.append(token)
            token = token[role.end() :]
        if not token or token in ("报道", "文"):
            continue
        if not _is_name(token):
            return None
        found.append(token)
    likely = sum(1 for name in found if name[0] in SURNAMES or "·" in name or name.endswith("评论员"))
    return tuple(found) if has_role and likely * 2 >= len(found) else None


def _without_letter_spacing(line: str) -> str:
    """If nearly every letter stands alone, a single blank stands between letters and several blanks between words."""
    tokens = line.split()
    wide = re.search(r"\s{2,}", line.strip()) or len(tokens) >= 8
    if sum(len(t) == 1 for t in tokens) < max(4, 0.8 * len(tokens)) or not wide:
        return line
    return " ".join("".join(word.split()) for word in re.split(r"\s{2,}", line))


def joined_byline(lines: Sequence[Line]) -> str:
    """Return the lines of a byline as one, with a blank where a line end stands between two names: neither is a single
    letter, and the second begins with a surname."""
    text = ""
    for line in lines:
        row = _without_letter_spacing(line.text)
        before = re.split(r"[\s（(、，,]", text)[-1]
        after = re.split(r"[\s）)、，,]", row)[0]
        are_two_names = len(before) > 1 and len(after) > 1 and after[0] in SURNAMES
        text += " " + row if are_two_names else row
    return text


def is_bare_names(line: str) -> bool:
    """Return whether the line consists of one to three names, without a role."""
    tokens = line.split()
    return 0 < len(tokens) <= 3 and all(_is_name(t) and len(t) <= 3 and t[0] in SURNAMES for t in tokens)


def _is_name(token: str) -> bool:
    return bool(re.fullmatch(rf"[{CJK}]{{2,4}}|[{CJK}]{{1,6}}[·•][{CJK}]{{1,8}}", token))
