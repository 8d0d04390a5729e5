from __future__ import annotations

import pytest

from rag.errors import CorpusError
from rag.reading.rtf import Rtf

FONTS = r"{\fonttbl{\f0\fcharset0 Times;}{\f1\fcharset134 SimSun;}}"


def text_of(inside: str) -> str:
    return Rtf((r"{\rtf1\ansi\ansicpg936\deff0" + FONTS + inside + "}").encode()).part(0).text


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (r"\f1\'c6\'bd\'ba\'fe346{\super 1}\'d2\'da\'d4\'aa\'a1\'a3\par \u24179?\u28246 ?", "平湖346亿元¹。\n平湖\n"),
        (r"3\'d710{\super 6}, CO{\sub 2}", "3×10⁶, CO₂\n"),
        (r"\f0 10{\super 6}m{\super 2}\par", "10⁶m²\n"),
        (r"a{\v hidden}{\deleted old}{\strike s}b\_c\~d\-e", "ab-c\u00a0de\n"),
        (r"text{\super\chftn}{\footnote\pard{\super\chftn} note 47\par} after\par", "text after（注：note 47）\n"),
        (r"{\field{\*\fldinst HYPERLINK x}{\fldrslt link}}{\*\unknown no}{\info{\title T}}{\header h}\par", "link\n"),
        (r"\trowd\clvmgf\cellx1\cellx2\intbl a\cell 1\cell\row\trowd\clvmrg\cellx1\cellx2 \cell 2\par 3\cell\row\pard e",
         "a\t1\na\t2 3\ne\n"),
        (r"\pard\outlinelevel0 head\par\pard body\par", "\nhead\n\nbody\n"),
        (r"\u-10179?\u-8704?", "😀\n"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_a_person_sees(inside: str, text: str) -> None:
    assert text_of(inside) == text


def test_other_files() -> None:
    with pytest.raises(CorpusError, match=r"^is damaged or not Rich Text"):
        Rtf(b"no rtf")
