"""Words for offices and trades, as patterns: 市长, 党委书记, 记者."""

from __future__ import annotations

_RANK = (
    r"(?:常务副|原副|副|代理|代|名誉|首席|高级|资深|执行|联席|原|时任|前|首任|新任|现任|总|主|特约|见习|实习|本报|本刊|新华社|"
    r"全媒体|高级副)"
)
_BODY = (
    r"(?:市委|省委|县委|区委|镇委|州委|盟委|党委|党组|党总支|党支部|支部|团委|纪委|工委|党工委|市政府|省政府|县政府|区政府|"
    r"人大常委会|人大|政协|"
    r"董事会|监事会|政法委|统战部|组织部|宣传部|办公室|市|省|县|区|镇|乡|村|州|街道|社区)"
)
_OFFICES = (
    "书记|市长|省长|县长|区长|州长|镇长|乡长|村长|盟长|旗长|局长|厅长|处长|科长|所长|院长|校长|园长|部长|司长|署长|主任|主席|会长|"
    "理事长|秘书长|"
    "董事长|总经理|经理|总裁|总监|总工程师|工程师|厂长|行长|馆长|站长|台长|社长|组长|班长|店长|院士|"
    "大队长|支队长|中队长|队长|团长|教练|主教练|领队|教授|副教授|研究员|研究生导师|记者|通讯员|评论员|主持人|主播|主任医师|"
    "副主任医师|医师|医生|护士长|"
    "护士|律师|法官|检察官|检察长|审判长|负责人|创始人|联合创始人|合伙人|首席执行官|首席技术官|首席经济学家|经济学家|分析师|常委|"
    "委员|代表|理事|董事|监事|"
    "调研员|巡视员|专员|村支书|支书|网格员|民警|警官|交警|辅警|班主任|老师|教师|辅导员|设计师|导演|编剧|演员|歌手|作家|诗人|画家|"
    "书法家|作曲家|选手|"
    "运动员|队员|学员|志愿者|村民|居民|市民|业主|店主|老板|种植户|养殖户|农户|传承人|技术员|司机|总统|总理|首相|大使|发言人|外长|"
    "防长|国务卿|议员|州长|国王|"
    "总干事|特使|大法官|司令|参谋长|政委|上校|少将|中将|上将"
)
OFFICE = rf"(?:{_OFFICES})(?!国|卫|[会团站证台处](?!长)|事务|们|性|作|队|员|节|费)"
"""An office or a trade without what stands before it."""
TITLE = rf"(?:{_RANK}{{0,2}}{_BODY}{{0,2}}{_RANK}{{0,2}}{OFFICE})"
"""An office with its rank and the body that it belongs to: 市委副书记."""
FOREIGN_OFFICES = frozenset(
    "总统 总理 首相 大使 发言人 外长 防长 国务卿 议员 国王 总干事 特使 大法官 主席 首席执行官 教授 创始人 州长 教练 主教练".split()
)
"""Offices of people whose names are often printed without a dot."""
ENGLISH_OFFICE = (
    r"(?:deputy |vice |acting |former )?(?:mayor|governor|secretary|party secretary|chairman|chairwoman|chair|president|director|"
    r"manager|general manager|"
    r"chief executive|ceo|minister|prime minister|principal|headmaster|head|leader|coach|founder|editor|spokesperson)"
)
