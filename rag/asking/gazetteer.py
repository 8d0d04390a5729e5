"""China's provinces, cities, counties and districts, read from ``divisions.txt`` and ``romanised.txt``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_DATA = Path(__file__).parent
_GROUPS = (
    "壮族|回族|维吾尔|藏族|蒙古族|满族|朝鲜族|苗族|彝族|布依族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族?|傣族|黎族|傈僳族|佤族|畲族|"
    "拉祜族|水族"
    "|纳西族|景颇族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯|塔吉克|怒族|普米族|保安族|裕固族|独龙族|各族|蒙古"
)
_ENDING = re.compile(
    "(?:特别行政区|自治[区州县旗]|省|市|地区|林区|特区|新区|矿区|盟|县|区|[左右前后中]旗|联合旗|[左右]翼|旗)$"
)
_PEOPLES = re.compile(rf"(?<=..)(?:东乡族|{_GROUPS})+$|(?<=东乡)族$|(?<=温克)族$")
_ORDINARY = frozenset(
    "日照 白银 来宾 安康 中山 朝阳 阿里 海西 海北 黄南 东方 江山 天台 三门 云和 公安 资源 合作 友谊 和平 平安 大方 共和 民主 互助 "
    "同心 温泉 文昌 万宁 大名 平乡 平山 定兴 固安 永清 文安 平定 平顺 长子 高平 和顺 五台 方山 石楼 交口 孝义 灯塔 新民 建平 农安 "
    "大安 方正 富裕 集贤 明水 安达 海伦 庆安 响水 无为 定远 来安 天长 明光 太和 望江 清流 大田 将乐 平和 光泽 政和 惠安 金门 安义 "
    "进贤 乐平 莲花 永修 分宜 上犹 崇义 安远 新干 永丰 泰和 万安 永新 奉新 铜鼓 高安 乐安 万年 平度 高密 嘉祥 金乡 惠民 通许 登封 "
    "清丰 台前 方城 民权 光山 商水 太康 原阳 新野 博爱 修武 宝丰 内乡 当阳 保康 大悟 云梦 应城 石首 团风 红安 黄梅 赤壁 建始 来凤 "
    "常宁 洞口 双峰 石门 慈利 安仁 新田 中方 会同 通道 新化 凤凰 永顺 始兴 仁化 新丰 恩平 平远 紫金 连平 惠来 新兴 平乐 上思 兴业 "
    "凌云 乐业 平果 大化 大新 天等 临高 白沙 石柱 富顺 三台 大英 资中 南部 大竹 黑水 小金 九龙 白玉 会理 修文 余庆 普定 金沙 紫云 "
    "普安 天柱 锦屏 镇远 贵定 惠水 富民 富源 威信 水富 永胜 昌宁 建水 开远 个旧 元江 弥勒 玉龙 双江 安定 定日 定结 比如 改则 武功 "
    "白水 富平 延长 黄龙 子长 太白 定边 清涧 平利 民乐 高台 灵台 崇信 金塔 合水 清水 两当 康乐 和政 民和 同德 久治 轮台 和硕 策勒 "
    "新源 白杨 新星 昆玉 双河 兴隆 青龙 前进 通海 江口 三江 江华 江城 巴马 连山 石林 玉屏 东山 华安 龙门 开平 东海 河口 东平 东明 "
    "东光 东兴 东源 南丰 南华 北川 平江 平南 平塘 大余 大埔 大关 永安 永和 永德 安化 安平 安福 宁远 长丰 长岭 长岛 长白 长顺 长寿 "
    "文成 正安 正阳 昌乐 昌江 昌图 安居 新安 新平 新河 新乐 通江 通河 海城 海安 海晏 海林 白河 武山 武川 泰来 肥西 金平 金川 "
    "金寨 金山 甘泉 甘谷 西吉 西华 中江 中阳 云龙 凤台 凤山 罗平 思南 石城 石台 石泉 石渠 涌泉 福安 福清 广安 同江 密山 巴青 沙洋 "
    "山阳 山丹 松潘 丰城 丰都 丰县 榕江 黎平 平坝 梁山 微山 鱼台 永济 万荣 宜君 扶风 麟游 华阴 临泽 成武 单县 平邑 五常 尚志 "
    "桦川 绿春 墨江 永仁 元谋 南涧 永平 云县 镇康 镇雄 盐津 大姚 南雄 兴宁 四会 高州 化州 信宜 商城 平原 高阳 围场 三原 滨海 湖口 "
    "太湖 大城 大厂 望都 "
    "沙河 赤城 安国 安新 南宫 长海 高青 庐山 衡山 霍山 洪湖 巍山 灵山 蒙山 玉山 龙山 蓝山 兴国 广南 会东 红河 亚东 安多 双湖 南江 "
    "独山 祥云 "
    "景东 三都 安宁 桃源 新和 和安 海兴 大通 河南 库伦 乌兰 兴安 五原 西平 西林 东至 东港 南城 南安 北安 三河 开原 连城 兴城 永兴 "
    "长宁 屏山 "
    "易门 台江 剑河 会昌 沙湾 江安 商都 兴和 东兰 南澳 金湖 平陆 正蓝 化德 富锦 得荣 长武 安龙 嘉禾 嘉鱼 桂东 衡东 资兴 新宁 石狮 "
    "金阳 顺昌 "
    "和康 宝兴 宁化 鹤峰".split()
)
"""Short forms that are also ordinary words, or parts of names of other things."""


@dataclass(frozen=True, slots=True)
class Place:
    """``path`` are the full names from the province down, ``short`` is the name without 市, 县 ..., "" where that leaves
    one character. ``alone``: the short form names this place wherever it stands; else only after a place that contains it."""

    path: tuple[str, ...]
    short: str
    alone: bool

    @property
    def name(self) -> str:
        return self.path[-1]

    def contains(self, other: Place) -> bool:
        """Return whether ``other`` is a part of this place. A place is no part of itself."""
        return len(other.path) > len(self.path) and other.path[: len(self.path)] == self.path


@lru_cache(maxsize=1)
def by_name() -> dict[str, tuple[Place, ...]]:
    """Return the places of each full and short form. A short form that several places share is that of the largest:
    吉林 is the province."""
    found: defaultdict[str, list[Place]] = defaultdict(list)
    places = sorted(_places(), key=lambda place: len(place.path))
    for place in places:
        found[place.name].append(place)
    for place in places:
        if place.short and (not place.alone or not any(other.alone for other in found[place.short])):
            found[place.short].append(place)
    return {name: tuple(places) for name, places in found.items()}


@lru_cache(maxsize=1)
def by_beginning() -> dict[str, tuple[str, ...]]:
    """Return the names that begin with two characters, the longest first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(by_name(), key=len, reverse=True):
        found[name[:2]].append(name)
    return {beginning: tuple(names) for beginning, names in found.items()}


@lru_cache(maxsize=1)
def romanised() -> dict[str, tuple[str, ...]]:
    """Return the Chinese short forms of each romanised name: ``fuzhou`` -> 福州, 抚州."""
    lines = (_DATA / "romanised.txt").read_text("utf-8").splitlines()
    return {name: tuple(forms) for name, *forms in (line.split() for line in lines if line and line[0] != "#")}


def _places() -> Iterator[Place]:
    seen: set[tuple[str, ...]] = set()
    for line in (_DATA / "divisions.txt").read_text("utf-8").splitlines():
        if not line or line[0] == "#":
            continue
        province, city, *counties = line.split()
        above = (province,) if city == "-" else (province, city)
        for path in [(province,), above, *((*above, county) for county in counties)]:
            if path not in seen:
                seen.add(path)
                yield _place(path)


def _place(path: tuple[str, ...]) -> Place:
    name = path[-1]
    short = "内蒙古" if name.startswith("内蒙古") else _ENDING.sub("", name)
    if "自治" in name:
        short = _PEOPLES.sub("", short)
    short = short if len(short) > 1 else ""
    is_district = len(path) > 1 and name[-1] == "区" and name[-2:] not in ("地区", "治区")
    return Place(path, short, bool(short) and (len(path) == 1 or short not in _ORDINARY) and not is_district)
