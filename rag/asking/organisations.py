"""Text -> the companies, schools and other bodies that it names; and whether two names are those of one body.

A name ends with what the body is (公司, 大学, 银行 ...). It begins after the last word that no name has (的, 由, 采访 ...). A
body without a name of its own (这家公司, 保险公司) is none. Authorities (公安局, 市政府) are not among them: their place says
who they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import rjieba

from rag.asking.gazetteer import by_beginning

_LEGAL = r"(?:股份有限公司|有限责任公司|集团有限公司|控股有限公司|有限公司|股份公司|集团公司|分公司|子公司|总公司|公司|集团股份|集团)"
_BODIES = (
    r"(?:大学|学院|中学|小学|学校|银行|医院|研究院|研究所|研究中心|实验室|基金会|交易所|俱乐部|事务所|报社|协会|学会|商会|合作社|"
    r"联合会|出版社|"
    r"电视台|通讯社|杂技团|歌舞团|乐团|剧团|剧院|艺术团)"
)
_KIND = re.compile(rf"{_LEGAL}|{_BODIES}(?!生|长|路|站|法|费|金|业|部|行长)")
_RUN = re.compile(r"[\u3400-\u9fffA-Za-z0-9·&（）()-]+$")
_TRADES = (
    "科技 电缆 股份 药业 制药 实业 控股 食品 服饰 机械 电子 新材 新材料 生物 医药 光电 电气 重工 精密 半导体 通信 传媒 置业 地产 "
    "物流 乳业 "
    "酒业 影业 汽车 航空 石化 钢铁 能源 智能 网络 时装 家居 化工 轮胎 电器 动力 资本 软件 信息 技术 建设 建筑 投资 发展 环保 包装 箱包"
).split()
_TRADE = re.compile(rf"(?:{'|'.join(sorted(_TRADES, key=len, reverse=True))})")
_BRAND_TRADES = "|".join(_TRADES[:40])
_BRAND = re.compile(
    rf"(?:^|(?<=[^\u3400-\u9fff])|(?<=[的和与由在对]))(?P<place>[\u3400-\u9fff]{{0,3}}?)(?P<head>[\u3400-\u9fff]{{2,3}})"
    rf"(?:{_BRAND_TRADES})"
    r"(?=[去今明前\d的在是有获于与和将、，。？?]|什么|哪|营收|投产|上市|成立|签约|$)"
)
_GENERIC = frozenset(
    _TRADES
    + (
        "保险 上市 国有 民营 外资 外国 大型 龙头 互联网 房地产 物业 国有企业 高等 职业 商业 中央 股份制 各大 各 多 本地 当地 "
        "知名 著名 有关 相关 人工 新能源 电动 现代 高新 数字 绿色 先进 民用 中国 国产 农业 工业 精细 高端 微 人工智能 生命 旅游 "
        "文化 金融 贸易 汽车零部件 三甲 公立 民办 私立 综合 附属 第三方 母 控股 关联 全资 合资 头部 初创 创业 外贸 农村 城市 小 "
        "大 老 新 总 分 子 行业 科创 高科技 传统 中小 国际 全球 世界 低空 海洋 清洁 核 可再生 首家 网上 餐饮 新建 民间 财产 "
        "人寿 养老 医疗 社会 基本 失业 开发 运营 服务 供应链 母婴 平台 公募 私募 两 三 四 几 十 百"
    ).split()
)
_NO_NAME_TAGS = frozenset("v vd d p c r u ud uj ul uv uz f y t ad zg".split())
_NAME_VERBS = (
    "开发 管理 服务 控股 运输 保险 贸易 制造 工程 教育 咨询 设计 通联 联通 移动 通达 营造 装饰 师范 演出 结算 检测 租赁 "
    "代理 经营 运营 创新 合作"
).split()
_STOPS = frozenset(
    "的 了 在 是 由 与 和 及 对 向 为 将 让 从 去 到 于 被 把 给 等 该 本 其 某 这 那 每 各 也 还 就 都 跟 同 以 并 或 据 因 以及 "
    "包括 其中 作为 成为 "
    "来自 位于 走进 参观 采访 走访 获悉 关于 对于 根据 通过 为了 加入 进入 创办 创立 成立 担任 任职 就职 毕业 就读 考入 起诉 联合 "
    "携手 邀请 邀 "
    "支持 帮助 带领 组织 要求 表示 介绍 认为 称 说 时 后 前 中 上 下 内 我们 他们 我 你 他 她 它 这家 一家 两家 多家 几家 家 所 个 "
    "名 位 一所 一个 "
    "原 前往 赴 收购 投资了 如 像 比如 例如 除了 没有 有 已 已经 曾 曾经 不 不是 可以 要 会 能 正 正在 共 共有 引进 全国 目前 今年 "
    "去年 昨天 近日".split()
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """``text[start:end] == name``. ``core``: the name without its place and its legal form, 晨光电缆. ``certain``: a place, a
    legal form or a proper name in it says that it is one body, and no kind of bodies such as 自来水公司."""

    start: int
    end: int
    name: str
    core: str
    certain: bool = True


def organisations(text: str) -> list[Organisation]:
    """Return the bodies that a text names in full, in order."""
    found: list[Organisation] = []
    for kind in _KIND.finditer(text):
        run = _RUN.search(text[max(0, kind.start() - 24, found[-1].end if found else 0) : kind.start()])
        head = _own_part(run.group()) if run else ""
        start = kind.start() - len(head)
        name = text[start : kind.end()]
        core = core_of(name)
        if found and found[-1].end == kind.start():
            found[-1] = replace(found[-1], end=kind.end(), name=text[found[-1].start : kind.end()])
        elif (
            len(core) > 1
            and not re.search("[哪谁么]|多少|是不|所有|有没|上半年|今年|去年", name)
            and not _is_generic(core, kind.group())
        ):
            found.append(Organisation(start, kind.end(), name, core, _is_certain(name, core, kind.group())))
    return found


def brands(text: str) -> list[Organisation]:
    """Return companies that are named by their brand and trade alone, such as 晨光电缆, where the words around allow it."""
    found = []
    for match in _BRAND.finditer(text):
        at = match.start() + place_length(text[match.start() : match.end()])
        words = text[at : match.end()]
        head = _TRADE.sub("", words)
        if len(head) > 1 and not set(rjieba.cut(head)) & (_GENERIC | _STOPS) and not rjieba.has_word(words):
            found.append(Organisation(at, match.end(), words, words))
    return found


def core_of(name: str) -> str:
    """Return the name without the place before it and the legal form after it: 浙江晨光电缆股份有限公司 -> 晨光电缆.

    A body that is named by its place alone keeps it: 北京大学.
    """
    bare = re.sub(rf"{_LEGAL}+$", "", re.sub(r"[（(][^（()）]*[）)]", "", name))
    own = bare[place_length(bare) :]
    if bare != name:
        return own
    return bare if re.fullmatch(_BODIES, own) else own


def same_body(one: str, other: str) -> bool:
    """Return whether two cores can be of one body: they are equal, or one is the other without its trade at the end."""
    short, long = sorted((one, other), key=len)
    if short == long or (len(short) > 2 and short in long):
        return True
    return len(short) > 1 and long.startswith(short) and bool(_TRADE.fullmatch(long, len(short)))


def place_length(text: str) -> int:
    """Return the length of the names of places at the head of a text."""
    at = 0
    while name := next((n for n in by_beginning().get(text[at : at + 2], ()) if text.startswith(n, at)), ""):
        at += len(name)
        if text[at : at + 1] in ("省", "市", "县") and text[at : at + 2] not in ("市场", "市长"):
            at += 1
    return at


def _own_part(run: str) -> str:
    """Return the end of a run of characters that belongs to the name."""
    kept = ""
    for word, tag in reversed(rjieba.tag(run)):
        if (
            word in _STOPS
            or (tag in _NO_NAME_TAGS and word not in _TRADES + _NAME_VERBS)
            or re.fullmatch(r"\d+[年月日]?|[一二三四五六七八九十]+[家个名所]", word)
        ):
            break
        kept = word + kept
    return kept.rpartition("）")[2].lstrip("·&)-") if "（" not in kept else kept.lstrip("·&)-")


def _is_certain(name: str, core: str, kind: str) -> bool:
    if "有限" in name or name.startswith("中国") or place_length(name):
        return True
    own = core.removesuffix(kind)
    return any(tag[:2] in ("nr", "nz", "ns", "nt", "en") or not rjieba.has_word(word) for word, tag in rjieba.tag(own))


def _is_generic(core: str, kind: str) -> bool:
    if core.startswith("中国") and re.fullmatch(_BODIES, kind):
        return False
    words = list(rjieba.cut(core.removesuffix(kind)))
    return all(word in _GENERIC or len(word) < 2 for word in words) and not re.search("[A-Za-z]", core)
