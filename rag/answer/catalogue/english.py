"""The English forms of questions for the catalogue: pairs of what is asked and a pattern of the whole question."""

from __future__ import annotations

_NEWS = r"(?:news(?:paper)? )?(?:articles?|stor(?:y|ies)|reports?|news|pieces?)"
_PLEASE = r"(?:(?:please|can you|could you|would you|i want to know|i would like to know|tell me) )*(?:please )?"
_MARKED = "《(?P<a>.+)》|“(?P<b>.+)”|\"(?P<d>.+)\"|'(?P<f>.+)'"
_CALLED = rf"(?P<says>(?:the |that |this )?{_NEWS} (?:titled |entitled |called |headlined )?)?"
_DESCRIBED = rf"(?P<free>(?:the |that |this )?{_NEWS} (?:about|on|that mentions|which mentions) .{{2,60}}?)"
_TITLE = rf"(?:{_CALLED}(?:{_MARKED})|(?P<back>(?:this|that|the last|the previous) {_NEWS})|{_DESCRIBED})"
_ARCHIVE = r"(?:you|(?:the|this|your) (?:archive|index|collection|database|library)|(?:the|these|your) articles|it)"
_PLACE = rf"(?:here|in {_ARCHIVE})"
_HOLD = r"(?:have|hold|contain|include|cover|span|go|know)"
_HOLDS = rf"(?: (?:are|is) (?:there|{_PLACE})| (?:do|does) {_ARCHIVE} {_HOLD}| have you got| {_PLACE})?"
_HERE = rf"(?: (?:in total|altogether|overall|{_PLACE}|{_ARCHIVE} {_HOLD}))*"
_LIMITS = (
    r"(?:about|on|regarding|concerning|mentioning|that mention|which mention|mentions?|by|written by|from|in|of|"
    r"dated|since|before|after|between)"
)
_SCOPE = rf"(?P<scope>(?: {_LIMITS} .+?)?)"
_WHERE = r"(?: (?:of|in|at|for) [\w ]{2,20}?)?"
_NOW = r"(?:today|right now|now|tomorrow|tonight|currently|at the moment)"
_WHATS = r"(?:what(?:'s| is| will be) )?(?:the )?"
_CHANGING = (
    r"(?:[\w ]{2,20}? )?(?:stock price|share price|exchange rate|oil price|gold price|weather|temperature|forecast)"
)

ENGLISH: tuple[tuple[str, str], ...] = (
    (
        "greeting",
        r"(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|howdy)(?: there| everyone| all| baowen)?",
    ),
    (
        "thanks",
        r"(?:many |ok,? |great,? )?(?:thanks|thank you|thx|cheers|bye|goodbye)"
        r"(?: (?:a lot|so much|very much|again|for your help))?",
    ),
    (
        "abilities",
        rf"{_PLEASE}(?:what (?:can|do) you (?:do|know|answer)(?: for me)?|(?:who|what) are you|what is (?:this(?: site| tool)?|baowen)|"
        r"help(?: me)?|how (?:do i use|does) (?:this|it)(?: work)?|how do you work|what (?:can|could|should|may) i ask(?: you)?|"
        r"what (?:kind|sort)s? of questions can (?:you answer|i ask)|introduce yourself)",
    ),
    (
        "writer",
        rf"{_PLEASE}(?:who (?:wrote|reported|authored)|(?:who is|who are|who's) the (?:author|writer|reporter|journalist)s? of|by whom was)"
        rf" {_TITLE}(?: written)?",
    ),
    ("writer", rf"{_PLEASE}who {_TITLE} (?:was|is) written by"),
    (
        "summary",
        rf"{_PLEASE}(?:summari[sz]e|sum up|outline|give me (?:a|the) (?:short )?summary of|(?:a )?summary of) {_TITLE}",
    ),
    ("summary", rf"{_PLEASE}what(?: is|'s| was| does| did) {_TITLE} (?:about|say)"),
    ("count", rf"{_PLEASE}how many {_NEWS}{_HOLDS}{_HERE}{_SCOPE}{_HERE}"),
    (
        "count",
        rf"{_PLEASE}how many {_NEWS} (?:did|has|have) (?P<scope>.+?) (?:write|written|publish|published|report|reported)",
    ),
    ("count", rf"how (?:big|large) is {_ARCHIVE}|(?:the )?number of {_NEWS}{_SCOPE}"),
    (
        "newest",
        rf"{_PLEASE}(?:what(?: is|'s| are| was)|which(?: is| are)?|show(?: me)?|list|give me)? ?(?:the |your )?"
        r"(?P<end>newest|latest|most recent|last|oldest|earliest|first)(?: (?P<some>\d+))? "
        rf"(?P<news>{_NEWS}){_HERE}{_SCOPE}{_HERE}",
    ),
    ("newest", rf"{_PLEASE}(?:is there|what's|what is|any) (?:the |any )?(?P<news>news)(?: lately| recently)?"),
    ("newspapers", rf"{_PLEASE}(?:which|what|how many) (?:newspapers?|papers|sources){_HOLDS}"),
    (
        "newspapers",
        rf"{_PLEASE}(?:which|what) (?:newspapers?|papers|sources) (?:are|do) {_ARCHIVE} (?:from|come from)|where do {_ARCHIVE} come from",
    ),
    (
        "dates",
        rf"{_PLEASE}(?:which|what) (?:dates?|days|years?|months|period|time ?(?:span|range|period|frame)|date range)"
        rf"(?: of {_NEWS})? (?:do|does|is|are) (?:covered by )?{_ARCHIVE}(?: {_HOLD}| from)?",
    ),
    (
        "dates",
        rf"{_PLEASE}(?:how far back (?:do|does) {_ARCHIVE} go|how (?:recent|old|current|up to date) (?:is|are) {_ARCHIVE}|"
        rf"(?:from when to when|when) (?:do|does|are|is) {_ARCHIVE}(?: (?:from|start|begin|end|go|dated|cover))?)",
    ),
    (
        "works",
        rf"{_PLEASE}(?:what|which) (?:{_NEWS} )?(?:did|has|have) (?P<scope>[\w .'’-]{{2,40}}?) (?:write|written|wrote|publish(?:ed)?)",
    ),
    ("works", rf"{_PLEASE}(?:which|what) {_NEWS} (?:were|was|are|is) (?:written )?by (?P<scope>.{{2,40}})"),
    ("writers", rf"{_PLEASE}(?:which|what|how many) (?:reporters|writers|journalists|authors){_HOLDS}"),
    (
        "writers",
        rf"{_PLEASE}(?:who|which (?:reporter|writer|journalist)) (?:wrote|has written) (?:the )?most(?: {_NEWS})?",
    ),
    ("list", rf"{_PLEASE}(?:which|what) (?P<news>{_NEWS}) (?:are |is |were )?(?P<about>{_LIMITS} .{{2,}})"),
    (
        "list",
        rf"{_PLEASE}(?:(?:list|show|find|give)(?: me)?(?: all| some)?(?: of)?(?: the)?|all|"
        r"(?:do you have|are there|is there|have you got)(?: any)?)? ?"
        rf"{_NEWS} (?P<about>{_LIMITS} .{{2,}})",
    ),
    ("now", rf"(?:{_WHATS}|how is the ){_CHANGING}(?: like)?{_WHERE} {_NOW}{_WHERE}"),
    (
        "now",
        rf"(?:{_WHATS}|how is the )(?:weather|temperature)(?: like)?(?: outside)?|{_WHATS}(?:current|today's) {_CHANGING}{_WHERE}",
    ),
    (
        "now",
        rf"(?:what time is it|{_WHATS}(?:time|date|today's date)|what day is (?:it|today)|will it (?:rain|snow)|is it (?:raining|snowing))"
        rf"(?: {_NOW})?",
    ),
    (
        "news of today",
        r"(?:what(?:'s| is| happened)(?: in)? )?(?:the )?(?:(?:news|headlines)(?: of| from)? today|today's (?:news|headlines)|today)",
    ),
)
