"""Patterns that say what kind of question it is, and what it asks for. The first kind that matches is taken."""

from __future__ import annotations

import re

from rag.asking.titles import ENGLISH_OFFICE, TITLE


def _p(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_TAIL = r"(?:[呀啊呢嘛吧啦哦]*[?？。!！.\s]*)$"
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "small_talk",
        _p(
            rf"^(?:你好|您好|大家好|早上好|上午好|下午好|晚上好|早安|晚安|嗨|哈喽|在吗|谢谢|多谢|感谢|再见|拜拜|辛苦|好的|明白|"
            rf"知道了)[了你您啦呀,，]*{_TAIL}"
            r"|^(?:你|您)(?:是谁|是什么|叫什么|能做什么|会什么|能干[啥嘛]|会干[啥嘛]|多大)|^(?:hi|hello|hey|thanks|thank you|"
            r"good (?:morning|afternoon|evening)|bye|goodbye)\b.{0,12}$"
            r"|^(?:who are you|what are you|what can you do|how are you)\b"
        ),
    ),
    (
        "now",
        _p(
            rf"(?:今天|今日|明天|现在|今晚|此刻|目前|外面)[^，。]{{0,6}}(?:天气|气温|下雨|几度|多少度)|^天气(?:怎么样|如何|"
            rf"预报)?{_TAIL}|(?:现在|今天|今日)(?:是)?(?:几点|几号|星期几|周几|礼拜几)"
            r"|(?:今天|现在|实时|当前)的?(?:股价|汇率|金价|油价|路况)|几点了"
            r"|\bweather\b.{0,20}\b(?:today|now|tomorrow|tonight)\b|\bwhat(?:'s| is) the (?:weather|time|date)\b(?! of)|"
            r"\bwhat (?:time|day) is it\b"
        ),
    ),
    (
        "catalogue",
        _p(
            r"(?:收录|收藏|库里|库中|档案里|档案中|资料库)|(?:哪些|多少|几|什么|所有|有没有)[^，。？?]{0,14}(?:报道|文章|新闻稿|"
            r"稿件|报纸)(?:[?？。]|$)|(?:列出|找出|找一下|查一下|搜索|查找)[^，。]{0,20}的?(?:报道|文章|稿件)"
            r"|\b(?:what|which|how many|list|find|show)\b.{0,20}\b(?:articles|reports|stories|newspapers|news items)\b(?! say)"
        ),
    ),
    (
        "timeline",
        _p(
            r"来龙去脉|时间线|时间轴|时间表|大事记|前因后果|始末|发展(?:历程|过程|脉络|史)|演变|(?:事情|事件|事故|整个|建设|"
            r"改革)的?经过|的(?:经过|全?过程|前前后后)[?？。]?$|历程|按时间|一步步"
            r"|\btime ?line\b|\bchronolog|\bhistory of\b|\bstep by step\b|\bhow .{1,30} (?:unfolded|developed over)"
        ),
    ),
    (
        "summary",
        _p(
            r"总结|概括|概述|概要|摘要|归纳|主要内容|大意|讲了(?:些)?(?:什么|啥)|主要(?:讲|说|写)|说的是(?:什么|啥)事|简要介绍|"
            r"简单介绍|介绍一下|大致情况|综述|^(?:请|给我|帮我)*(?:说说|讲讲|谈谈|聊聊|讲一下|说一下)|"
            r"^(?:please )?(?:tell me (?:more )?about|describe)\b"
            r"|\b(?:summari[sz]e|summary|overview|sum up|main points?|gist)\b|\bwhat is (?:this|the) (?:article|story|report|"
            r"news) about\b"
        ),
    ),
    (
        "compare",
        _p(
            r"相比(?:较)?(?:有|，|,|起来|哪|谁|多|少|增|如|怎|呢|差|$|[?？])|对比|比较一下|比一比|区别|差别|差异|(?:有|的)(?:什么|"
            r"何|啥|哪些)?不同|有什么不一样|异同|谁(?:更|比较)|(?:哪个|哪家|哪里|哪座|哪边|谁)[^，。]{0,8}(?:更|"
            r"[高低多少大小快慢长短好差早晚强](?<![市县区省镇乡州局院校部会队站馆厅处科所行事社团组班]长)些?(?:[?？一呢]|$))"
            r"|(?<![同环占])比[^，。]{1,14}(?:[高低多少大小快慢长短好早晚强]|增加|减少)(?:多少|几|了多少|吗)|"
            r"还是.{1,12}(?:[高低多少大小快慢长短好早晚强])[?？]?$"
            r"|\b(?:more|less|[a-z]{2,}er) than\b(?! \d)|\bcompare[ds]?\b|\bcomparison\b|\bdifferen(?:ce|t|ces)\b|\bversus\b|\bvs\b|"
            r"\b(?:which|who) (?:\w+ ){0,3}(?:is|was|has|had|are|did) (?:\w+ ){0,2}(?:more|less|cheaper|richer|stronger|newer|"
            r"taller|wider|warmer|busier|bigger|larger|higher|lower|older|faster|greater|better|smaller|longer)\b"
        ),
    ),
    (
        "why",
        _p(
            r"为什么|为何|为啥|因何|缘何|何以|凭什么|(?:什么|啥)原因|原因(?:是|有|何在|在哪|呢|为|$|[?？])|怎么会|何故|(?:咋|"
            r"怎么)(?:还|就|又|都|总|老|没|不|这么|那么)|\bwhy\b|\bhow come\b|\bwhat (?:caused|made|led to)\b|\breasons? (?:for|why|"
            r"behind)\b"
        ),
    ),
    (
        "said",
        _p(
            r"(?:说|讲|谈|提|表示|指出|强调|认为|要求|回应|透露|介绍|建议|评价|呼吁|承诺|宣布|致辞|发言)(?:到|过|起|出|中|时|"
            r"里)?(?:了|的是|的)?(?:些)?(?:什么|啥|哪些)(?!时|样|地|项目|企业|单位|措施|活动|公司|政策|人)|(?:提出|作出|做出|发表|"
            r"给出)(?:了|过)?(?:些)?(?:什么|哪些|啥)(?:要求|看法|观点|意见|建议|评价|承诺|回应|指示|希望|期望|讲话)"
            r"|怎么(?:看|说|讲|评价|回应|评论|认为|解释|回答)|如何(?:看|评价|回应|评论|解释|解读|表态)|怎样(?:看|评价|回应)|"
            r"有(?:什么|何|啥)(?:看法|评价|回应|表态|观点|感想|意见|建议|反应|说法|态度)"
            r"|\bwhat (?:did|does|has|have|had) .{1,60}? (?:say|said|tell|told|announced?|stress(?:ed)?|mention(?:ed)?|think|"
            r"claim(?:ed)?|argue[d]?|call for|comment|respond|promise)\b|\bhow did .{1,40} (?:comment|respond|react)\b"
        ),
    ),
    (
        "office",
        _p(
            rf"(?:{TITLE}|一把手|掌门人|负责人|法人代表|法定代表人)(?:现在|目前|如今)?(?:是|叫)(?:谁|哪(?:一)?[位个]|什么名字|啥名)|"
            rf"谁(?:是|任|担任|出任|当选|当)(?:[^，。？?]{{0,24}}?)(?:{TITLE}|一把手|掌门人|法人代表)(?:职务)?(?:[?？。呢呀啊]|$)"
            rf"|(?:哪位|哪个|何人)(?:是|担任|出任|任)[^，。]{{0,20}}{TITLE}|由谁(?:担任|出任|任)|\bwho(?:'s| is| was| are| became|"
            rf" serves as| holds)(?: the| now| currently)* (?:\w+ ){{0,6}}?{ENGLISH_OFFICE}\b"
        ),
    ),
    (
        "person",
        _p(
            r"(?:^|[，,\s])(?:请问)?谁是[\u3400-\u9fff·]{2,12}[?？。呀啊]*$|^[\u3400-\u9fff·]{2,12}?(?:这个人)?(?:到底|"
            r"究竟)?(?:是谁|是何人|何许人|是哪位|是(?:一个|个)?(?:什么|啥)(?:样的)?人(?:物)?|是(?:个)?(?:干|做)(?:什么|啥|嘛)的|"
            r"(?:是|任|担任|当|现任|有)(?:什么|啥|何)(?:职务|职位|官|头衔|身份)|的(?:职务|身份|职位|头衔|简历|个人简介)(?:是(?:什么|"
            r"啥))?)[呀啊呢?？。]*$"
            r"|\bwho(?:'s| is| was)(?: (?:mr|mrs|ms|dr)\.?)? [A-Z][a-z]+(?: [A-Z][a-z]+)*\s*\??$|\bwhat (?:position|post|office|job|"
            r"title) does\b"
        ),
    ),
    (
        "when",
        _p(
            r"什么时[候间]|啥时[候间]?|何时|几时|哪(?:一)?[年天日月](?!些)|[几哪]月(?:几[号日])?|几[号日](?!楼|线)|几点(?=钟|半|"
            r"[?？开结关下上出到起始]|$)|哪个(?:月|年|星期)|(?:日期|时间)(?:是|定|为)[^，。]{0,6}(?:什么|哪|几|多|何)|多会儿|"
            r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time)\b"
        ),
    ),
    (
        "list",
        _p(
            r"哪[些几](?!年|天|日|月)|哪[两二三四五六七八九十]|分别(?:是|有|为|叫|来)|都有(?:什么|啥|谁)|有(?:什么|啥)(?!区|关系|"
            r"用)|列出|列举|盘点|罗列|(?:包括|包含|含有|涉及|采取|推出|出台|开展|取得|获得|签|提供|做)(?:了|过)?(?:什么|啥)|(?:什么|"
            r"啥)(?:措施|举措|项目|企业|活动|内容|建议|问题|做法|方面|特点|优势|产品|业务|政策|任务|要求|协议|成果|成绩|经验|服务|"
            r"功能|好处|荣誉|奖项|条件|材料|手续|进展)|\b(?:list|name|enumerate) (?:all|the|every|some|three|five|\w+ of)\b|"
            r"\bwhat (?:are|were) (?:the|all|some)\b|\b(?:what|which) (?:[\w'-]+ ){0,2}(?!is\b|was\b|has\b|does\b|"
            r"this\b)[\w'-]*[a-rt-z]s (?!the\b)(?:did|do|are|were|have|had|will|can|to|took|take|were)\b"
        ),
    ),
    (
        "yes_no",
        _p(
            rf"吗{_TAIL}|么{_TAIL}(?<!什么)(?<!怎么)(?<!什么[?？])(?<!怎么[?？])|[对是]不[对是]{_TAIL}|是不是|是否|有没有|有无|"
            rf"能不能|可不可以|会不会|要不要|行不行|对不对|好不好|该不该|([\u3400-\u9fff])不\1|没有?{_TAIL}|\b^(?:is|are|was|were|"
            rf"do|does|did|has|have|had|can|could|will|would|should|isn't|aren't|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|"
            rf"can't|won't)\b|, (?:right|isn't it|didn't they|correct)\?"
        ),
    ),
    (
        "how",
        _p(
            r"怎么(?!样)|怎样|如何|咋|用什么(?:办法|方式|方法)|(?:通过|以)什么(?:方式|途径|渠道)|\bhow (?:do|does|did|to|can|could|"
            r"is|are|was|were|will|should|would|has|have)\b|\bin what way\b"
        ),
    ),
)
QUESTION = _p(
    r"[?？]|怎么|如何|谁|什么|啥|哪|几(?:个|家|位|名|次|项|天|条|岁|成|种|座|所|点)|多少|多[大高长久远快重]|何|吗|呢|请(?:问|列|说|"
    r"介绍)|^(?:who|what|which|where|when|why|how|whose|is|are|do|does|did|was|were|can|list|tell|give|name|show|find)\b"
)
FINITE = _p(r"[了着过]|是|将|已|被|把|为了|表示|举行|召开|\b(?:is|are|was|were|has|have|will|did|does)\b")

WANTED: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "money",
        _p(
            r"多少(?:钱|元|美元|欧元|人民币|[万亿]+元|资金|投资|经费|预算)|几(?:块钱|元|[万亿]元)|(?:投资额|金额|总投资|营收|"
            r"营业收入|收入|价格|售价|房价|单价|工资|年薪|利润|奖金|预算|经费|造价|票价|费用|罚款|成本|市值|产值|销售额|成交额|估值|"
            r"资金)[^，。]{0,8}(?:多少|几|呢|多大|多高)"
            r"|投(?:资|入)了?多少|花了?多少|赚了?多少|卖多少|要多少钱|\bhow much (?:money|was invested|did .{1,30} (?:cost|pay|"
            r"invest|earn|raise|spend)|does .{1,30} cost|is the (?:price|budget|fine)|was (?:paid|spent|raised|the (?:investment|"
            r"price|budget|fine|cost|revenue|profit)))|\b(?:price|cost|revenue|budget|salary|profit|turnover) of\b"
        ),
    ),
    (
        "percent",
        _p(
            r"百分之(?:几|多少)|(?:增速|增幅|增长率|降幅|涨幅|跌幅|占比|比例|比重|百分比|失业率|利率|合格率|达标率|覆盖率|入学率|"
            r"[\u3400-\u9fff]{1,3}率)[^，。]{0,8}(?:多少|几|多大|多高|如何|呢)|几成|占[^，。]{0,8}(?:多少|几成)|多少个?百分点|"
            r"同比(?:增长|下降|上升|增加|减少)了?多少|\bwhat (?:percent|percentage|share|proportion)\b|\bpercentage\b|\b(?:growth|"
            r"unemployment|interest) rate\b"
        ),
    ),
    (
        "date",
        _p(
            r"什么时[候间]|啥时[候间]?|何时|几时|哪(?:一)?[年天日月](?!些)|[几哪]月|几[号日](?!楼|线)|多会儿|\bwhen\b|\b(?:what|"
            r"which) (?:year|date|day|month|time)\b"
        ),
    ),
    (
        "number",
        _p(
            r"多少|几(?:个|家|位|名|次|项|年|天|月|倍|条|篇|台|所|座|万|人|成|亩|岁|种|届|楼|分|公里|米|吨|层|辆|艘|户|点|场|支|批|"
            r"人次)|多[大高长久远快重宽深](?![^，。]{0,2}数)|第几|\bhow (?:many|long|big|large|often|far|fast|old|tall|high|deep|"
            r"heavy|wide)\b|\bwhat number\b|\b(?:population|number|area|length|size|height|depth|distance|weight|age|total) of\b|"
            r"\bhow much\b"
        ),
    ),
    (
        "place",
        _p(
            r"哪里|哪儿|什么地方|啥地方|何处|何地|(?:在|到|去|从|位于|于|来自|设在)哪(?:[?？个座一]|$|举|办|召|开|建|里|儿|条)|"
            r"哪(?:个|座|一?条|片)?(?:城市|地方|国家|省份?|市|县|区|镇|街道|村|地区|场馆|路|景区|园区|山|岛)|\bwhere\b|\b(?:what|"
            r"which) (?:city|town|place|country|province|county|district|village|street|park)\b"
        ),
    ),
    (
        "organisation",
        _p(
            r"哪(?:一)?(?:家|所|支)|哪个(?:单位|公司|企业|机构|部门|学校|大学|银行|医院|集团|团队|球队|组织|协会|局|厅|工厂|品牌)|"
            r"什么(?:单位|公司|机构|部门|企业|组织)|哪些(?:单位|公司|企业|机构|部门|学校|大学|银行|医院)|\b(?:what|"
            r"which) (?:company|companies|firm|firms|organi[sz]ation|department|agency|agencies|university|school|bank|hospital|"
            r"team|group|unit|institution)\b"
        ),
    ),
    ("person", _p(r"谁|哪(?:一)?[位名]|何人|什么人|哪些人|\bwho\b|\bwhom\b|\bwhose\b")),
)
