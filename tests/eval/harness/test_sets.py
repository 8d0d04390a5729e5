"""Sets and corpora: the result of a good line, and the error for a bad one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.harness.sets import GoldEvidence, load_corpus, load_set, normalise
from rag.errors import BadInput
from rag.schema import Article, Run

DOCUMENTS = {"a.txt": "平湖5个项目\n签约，总投资 5亿元。", "b.txt": "ＡＩ Chip"}


def line(**changes: object) -> dict[str, object]:
    good: dict[str, object] = {
        "id": "q1",
        "question": "签了几个？",
        "lang": "zh",
        "type": "numeric",
        "answerable": True,
        "facts": [["5个", "五个"]],
        "evidence": [{"doc": "a.txt", "quote": "5个项目签约"}],
    }
    return {name: value for name, value in (good | changes).items() if value is not ...}


def write(folder: Path, *lines: object, name: str = "set.jsonl") -> Path:
    path = folder / name
    texts = [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


# -- normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" 5 亿\u3000元\n", "5亿元"),
        ("ＡＩ Chip％，", "aichip%,"),
        ("Straße", "strasse"),
        ("e \u0301", "é"),
        ("", ""),
    ],
)
def test_normalise_folds_width_case_and_white_space(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text())
def test_normalise_is_idempotent_and_leaves_no_white_space(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert not any(c.isspace() for c in once)


@given(st.text(alphabet="平湖5亿,AaＡ１ß \n\u3000"), st.text(alphabet="平湖5亿,AaＡ１ß \n\u3000"))
def test_normalise_keeps_a_part_a_part(left: str, right: str) -> None:
    assert normalise(left + right) == normalise(left) + normalise(right)


# -- sets


def test_a_line_becomes_a_question(tmp_path: Path) -> None:
    full = line(also=["b.txt"], history=[["平湖呢？", "有。"]], note="unknown fields are allowed")
    bare = line(
        id="q2", lang="en", answerable=False, facts=[], evidence=[{"doc": "b.txt"}, {"doc": "b.txt", "quote": None}]
    )
    first, second = load_set(write(tmp_path, full, bare), DOCUMENTS)
    assert first.id == "q1"
    assert first.question == "签了几个？"
    assert (first.lang, first.type, first.answerable) == ("zh", "numeric", True)
    assert first.facts == (("5个", "五个"),)
    assert first.evidence == (GoldEvidence("a.txt", "5个项目签约"),)
    assert first.also == ("b.txt",)
    assert first.history == (("平湖呢？", "有。"),)
    assert (second.lang, second.answerable, second.facts, second.also, second.history) == ("en", False, (), (), ())
    assert second.evidence == (GoldEvidence("b.txt", None), GoldEvidence("b.txt", None))


def test_quotes_are_found_whatever_their_white_space_width_and_case(tmp_path: Path) -> None:
    quotes = [{"doc": "a.txt", "quote": "签约,总投资5 亿元"}, {"doc": "b.txt", "quote": "aichip"}]
    assert len(load_set(write(tmp_path, line(evidence=quotes)), DOCUMENTS)[0].evidence) == 2


def test_without_documents_evidence_is_not_checked(tmp_path: Path) -> None:
    path = write(tmp_path, line(evidence=[{"doc": "nowhere.txt", "quote": "x"}], also=["neither"]))
    assert load_set(path, None)[0].also == ("neither",)


def test_blank_lines_windows_ends_and_a_byte_order_mark_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    text = "\r\n".join(["", json.dumps(line()), "  ", json.dumps(line(id="q2"))])
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [question.id for question in load_set(path, DOCUMENTS)] == ["q1", "q2"]


def test_a_line_separator_inside_a_string_does_not_end_a_line(tmp_path: Path) -> None:
    path = write(tmp_path, line(question="一\u2028二\u0085三"), line())
    with pytest.raises(BadInput, match=r"line 2: the id 'q1' is already on line 1"):
        load_set(path, None)
    assert load_set(write(tmp_path, line(question="一\u2028二")), None)[0].question == "一\u2028二"


BAD_LINES = [
    pytest.param('{"id": "q9"', r"malformed JSON \(Expecting ',' delimiter at column 12\)", id="cut off"),
    pytest.param("[" * 100_000, r"malformed JSON \(.*nesting too deep\)", id="nested"),
    pytest.param('{"id": ' + "9" * 5000 + "}", r"malformed JSON \(a number too long", id="long number"),
    pytest.param("[1]", r"the line is \[1\], not an object", id="not an object"),
    *(
        pytest.param(line(id="q9", **{name: ...}), f"the field '{name}' is missing", id=f"no {name}")
        for name in ("question", "lang", "type", "answerable", "facts", "evidence")
    ),
    pytest.param(line(id=...), "the field 'id' is missing", id="no id"),
    pytest.param(line(id=9), "'id' is 9, not a string", id="id"),
    pytest.param(line(id=" "), "'id' is empty", id="empty id"),
    pytest.param(line(id="q9", question=None), "'question' is None, not a string", id="question"),
    pytest.param(line(id="q9", question="\u3000"), "'question' is empty", id="empty question"),
    pytest.param(line(id="q9", lang="fr"), "'lang' is 'fr', not 'zh' or 'en'", id="lang"),
    pytest.param(line(id="q9", type=["date"]), r"'type' is \['date'\], not a string", id="type"),
    pytest.param(line(id="q9", answerable=1), "'answerable' is 1, not true or false", id="answerable"),
    pytest.param(line(id="q9", facts="5个"), "'facts' is '5个', not a list", id="facts"),
    pytest.param(line(id="q9", facts=["5个"]), "an entry of 'facts' is '5个', not a list", id="flat facts"),
    pytest.param(line(id="q9", facts=[[]]), "a group of 'facts' has no spelling", id="empty group"),
    pytest.param(line(id="q9", facts=[[5]]), "an entry of a group of 'facts' is 5, not a string", id="fact"),
    pytest.param(line(id="q9", facts=[["5", " "]]), "an entry of a group of 'facts' is empty", id="empty fact"),
    pytest.param(line(id="q9", evidence={}), r"'evidence' is \{\}, not a list", id="evidence"),
    pytest.param(line(id="q9", evidence=["a.txt"]), "an entry of 'evidence' is 'a.txt', not an object", id="entry"),
    pytest.param(line(id="q9", evidence=[{"quote": "x"}]), "an entry of 'evidence' has no 'doc'", id="no doc"),
    pytest.param(line(id="q9", evidence=[{"doc": 3}]), "'doc' of 'evidence' is 3, not a string", id="doc"),
    pytest.param(
        line(id="q9", evidence=[{"doc": "a.txt", "quote": ""}]), "'quote' of 'evidence' is empty", id="empty quote"
    ),
    pytest.param(line(id="q9", also="b.txt"), "'also' is 'b.txt', not a list", id="also"),
    pytest.param(line(id="q9", also=[7]), "an entry of 'also' is 7, not a string", id="also entry"),
    pytest.param(line(id="q9", history=["x"]), "an entry of 'history' is 'x', not a list", id="history"),
    pytest.param(line(id="q9", history=[["x"]]), "a turn of 'history' has 1 entries", id="half a turn"),
    pytest.param('{"id": "\\ud800"}', "'id' holds half a character", id="surrogate"),
    pytest.param(line(), "the id 'q1' is already on line 2", id="duplicate"),
    pytest.param(line(id="q9", evidence=[{"doc": "c.txt"}]), "unknown document 'c.txt'", id="unknown document"),
    pytest.param(line(id="q9", also=["c.txt"]), "'also' names the unknown document 'c.txt'", id="unknown also"),
    pytest.param(
        line(id="q9", evidence=[{"doc": "b.txt", "quote": "5个项目"}]),
        "the quote '5个项目' is not in b.txt",
        id="quote elsewhere",
    ),
]


@pytest.mark.parametrize(("bad", "cause"), BAD_LINES)
def test_a_bad_line_is_named_with_file_number_and_cause(tmp_path: Path, bad: object, cause: str) -> None:
    path = write(tmp_path, "", line(), line(id="q2"), bad, line(id="q3"))
    with pytest.raises(BadInput, match=rf"^{path}, line 4: .*{cause}.*\. Correct the line and run again\.$") as caught:
        load_set(path, DOCUMENTS)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 250


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_that_is_not_utf8_is_named_by_its_line(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(mark + json.dumps(line()).encode() + b"\n\n" + "平湖".encode("gb18030") + b"\n")
    with pytest.raises(BadInput, match=rf"^{path}, line 3: not UTF-8"):
        load_set(path, None)


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_set_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(content)
    with pytest.raises(BadInput, match=f"^{path} holds no question"):
        load_set(path, None)


def test_a_set_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file or directory"):
        load_set(tmp_path / "none.jsonl", None)
    with pytest.raises(BadInput, match="cannot be read: Is a directory"):
        load_set(tmp_path, None)


# -- corpora

ARTICLE = {"id": "n1", "title": "签约", "date": "2023-07-27", "text": "平湖\n５个项目 签约。"}
UNTITLED = {"id": "n2", "title": "", "date": "", "text": "无题"}


@pytest.mark.parametrize("packed", [False, True])
def test_a_corpus_line_becomes_an_article_whose_text_is_untouched(tmp_path: Path, packed: bool) -> None:
    path = write(tmp_path, ARTICLE, "", UNTITLED, name="corpus.jsonl")
    if packed:
        (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert load_corpus(tmp_path) == [
        Article("n1", "n1", "签约", (), "2023-07-27", "article", "平湖\n５个项目 签约。", (Run(0, 0, 11),)),
        Article("n2", "n2", "", (), "", "article", "无题", (Run(0, 0, 2),)),
    ]


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        ("{", "malformed JSON"),
        ("3", "the line is 3, not an object"),
        ({"id": "n2", "title": "", "date": ""}, "the field 'text' is missing"),
        ({"title": "", "date": "", "text": "x"}, "the field 'id' is missing"),
        ({"id": "n2", "date": "", "text": "x"}, "the field 'title' is missing"),
        (UNTITLED | {"date": None}, "'date' is None, not a string"),
        (UNTITLED | {"text": " \n"}, "'text' is empty"),
        (ARTICLE, "the id 'n1' is already on line 1"),
    ],
)
def test_a_bad_corpus_line_is_named(tmp_path: Path, bad: object, cause: str) -> None:
    path = write(tmp_path, ARTICLE, bad, name="corpus.jsonl")
    with pytest.raises(BadInput, match=rf"^{path}, line 2: .*{cause}"):
        load_corpus(tmp_path)


def test_a_corpus_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "corpus.jsonl.gz"
    with pytest.raises(BadInput, match=f"{packed} cannot be read: No such file"):
        load_corpus(tmp_path)
    whole = gzip.compress(json.dumps(ARTICLE).encode())
    damaged = [b"plain", whole[:-12], whole[:12] + b"\xff\xff\xff\xff" + whole[16:]]
    for data in damaged:
        packed.write_bytes(data)
        with pytest.raises(BadInput, match=f"{packed} cannot be read: "):
            load_corpus(tmp_path)
    packed.write_bytes(gzip.compress(b""))
    with pytest.raises(BadInput, match=f"{packed} holds no article"):
        load_corpus(tmp_path)
    packed.write_bytes(gzip.compress(json.dumps(ARTICLE).encode() + b"\n\xff"))
    with pytest.raises(BadInput, match=f"{packed}, line 2: not UTF-8"):
        load_corpus(tmp_path)
