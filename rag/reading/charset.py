"""Bytes -> text, in the encoding that they are most likely in. It is one of those that Chinese texts use."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter

from rag.reading.code_pages import REPAIRED

_SAMPLE = 100_000  # bytes that decide the encoding; the rest must agree
_LEGACY = ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be")  # the first wins a tie
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_CHARSET = re.compile(rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,80}?encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_CHINESE = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "big5": "big5hkscs"}
_FEW, _TEXT = 0.02, 0.3  # share of strange characters: of a sound text at most, of bytes that are no text at least
_SHARE = 0.2  # of common characters: over half of real Chinese, at most a tenth of Korean or Japanese read as Chinese
_COMMON = frozenset(  # the 320 commonest of 2,500 news articles, and their traditional forms
    "的在人一国中日了和为有大发行年上是月不业动会时公市对地新生作家出全区进工部以成来到多方民等能个开用员通于法要实安现力将展高分学务下这长经"
    "报关合场美同者前后化车体理机道表元过事电资示提主与产水加保据自文建重网政海本们次其可面内期查他任交子更入心金及持定间小目度我利点北司活外"
    "应平当设题万信联天台社并被增记防量数此强也好品制比情服之计名原最明责性队省管已警近军基相共路总回得看标调位还特运局向推布就受该所流导至企"
    "斯科正项西南系续院息第意式起源指物组处解营支东收程都施案门供接手消称委三商某山件州风说统造从达编立预线规如各京问克技广费河视两议亿求口告"
    "办步治创医无村今团领助里众价因而代城参影专游升传着投集级客常研站环辑俄户备深首华证格单整护果结尔"
    "國爲為發業動會時對區進來個開員於實現將學務這長經報關場後車體機過電資與產據網們內間點應當設題萬聯並數強計責隊軍總標調還運該導項續組處營"
    "東門稱風說統從達編預線規問廣費視兩議億辦創醫無團領裏裡眾價參專遊傳級環輯戶備華證單護結爾臺灣黨說讓"
)
_STRANGE = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]")


def encoding_of(data: bytes) -> str | None:
    """Return the encoding of ``data``, judged by its beginning; None if it is not text in a known encoding."""
    sample = data[:_SAMPLE]
    if order := _UTF16.get(data[:2]):
        return next((name for name in ("utf-16", REPAIRED[order]) if _is_text(_begin(sample, name))), None)
    for name in ("utf-8", REPAIRED["utf-8"]):
        text = _begin(sample, name)
        if text is not None:
            return name if _is_text(text) else None
    likeness = {name: _likeness(_begin(sample, name)) for name in _LEGACY}
    for name in _LEGACY:
        if not likeness[name] and name in REPAIRED:
            likeness[REPAIRED[name]] = _likeness(_begin(sample, REPAIRED[name]))
    best = max(likeness, key=lambda name: likeness[name])
    return best if likeness[best] >= _SHARE else None


def decode(data: bytes) -> tuple[str, str] | None:
    """Return (text, encoding), or None if the bytes are not text. ``data.decode(encoding)`` is the text."""
    encoding = encoding_of(data)
    if encoding is None:
        return None
    for name in dict.fromkeys((encoding, REPAIRED.get(_UTF16.get(data[:2], encoding), encoding))):
        try:
            return data.decode(name), name
        except UnicodeDecodeError:  # beyond the sample
            continue
    return None


def decode_html(data: bytes) -> str | None:
    """Return the text of an HTML or XML file, None if it is not text.

    The bytes decide, for many pages declare an encoding that they are not in. What a page declares counts when the
    bytes are in no Chinese encoding, such as Korean, and between two Chinese ones that both fit.
    """
    declared = _declared(data)
    found = decode(data)
    if found and not (declared in _CHINESE.values() and found[1] in _LEGACY):
        return found[0]
    if declared:
        try:
            text = data.decode(declared)
        except (LookupError, UnicodeError):
            text = ""
        if text and _is_text(text) and (not found or _likeness(text) >= 0.9 * _likeness(found[0])):
            return text
    if found:
        return found[0]
    text = data.decode("utf-8", "replace")  # a page in UTF-8 with some broken bytes
    return text if _likeness(text) >= _SHARE and _is_text(text) else None


def why_not_text(data: bytes) -> str:
    """Return why ``decode`` finds no text, as the end of a sentence; "" where nothing more can be said."""
    for name in ("utf-8", *_LEGACY):
        text = _begin(data[:_SAMPLE], name)
        if text and (_likeness(text) >= _SHARE or name == "utf-8") and (strange := strange_characters(text)):
            total = sum(strange.values())
            if total <= len(text) * _TEXT:
                return f"{total:,} of its characters have no meaning, such as {described(next(iter(strange)))}"
    for name in ("utf-8", *_LEGACY[:2]):
        try:
            data.decode(REPAIRED.get(name, name))
        except UnicodeDecodeError as error:
            before = data[: error.start].decode(name, "replace")
            if error.start > 20 and _likeness(before) >= _SHARE:
                line = before.count("\n") + 1
                return f"it is {name.upper()}, but for byte {error.start + 1:,} in line {line:,}"
    return ""


def strange_characters(text: str) -> Counter[str]:
    """Return how often each character stands in the text that has no meaning outside its font or program: control
    characters, private use, U+FFFD."""
    return Counter(_STRANGE.findall(text))


def described(char: str) -> str:
    """Return the number of a strange character and what it is: ``U+E5E5 (private use)``."""
    kind = "replacement character" if char == "\ufffd" else {"Cc": "control character"}.get(unicodedata.category(char))
    return f"U+{ord(char):04X} ({kind or 'private use'})"


def without_halves(text: str) -> str:
    """Return the text with surrogate pairs joined and U+FFFD for each half of one, which no file can hold."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _declared(data: bytes) -> str:
    """The encoding that an HTML or XML file declares, "" if it declares none."""
    match = _CHARSET.search(data[:4096])
    name = match.group(1).decode("ascii", "replace").lower() if match else ""
    return _CHINESE.get(name, name)


def _begin(sample: bytes, encoding: str) -> str | None:
    """The sample decoded, None if it cannot be. Its last character may be cut in two."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample, final=len(sample) < _SAMPLE)
    except UnicodeDecodeError:
        return None


def _likeness(text: str | None) -> float:
    """The share of common Chinese characters among the letters and digits that are not ASCII."""
    if not _is_text(text) or text is None:
        return 0.0
    foreign = [c for c in text if c >= "\u0080" and c.isalnum()]
    return sum(c in _COMMON for c in foreign) / len(foreign) if foreign else 0.0


def _is_text(text: str | None) -> bool:
    """Whether the text looks like writing: at most 2 of 100 characters are strange, or 3 in a text of 30 to 150."""
    if text is None:
        return False
    sample = text[:20000]
    strange = sum(strange_characters(sample).values())
    return strange <= max(len(sample) * _FEW, min(3, len(sample) // 10))
