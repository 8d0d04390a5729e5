from __future__ import annotations

import base64
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.read_articles import read_articles

FIRST = "海川港一季度出口罐头总值达到380万元，同比增长百分之十二。"
SECOND = "石塘县体育馆昨日动工，预算三亿二千万元，明年年底建成。"
THIRD = "青岩医院招考护士22名，报名截止到七月三十一日。"
STUB = "此邮件为HTML格式，请使用支持HTML的邮件程序查看。"


def _mail(text: str = "", subject: str = "稿件", subtype: str = "plain") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["Date"] = subject, "a@example.org", "Thu, 31 Jul 2025 08:00:00 +0800"
    if text:
        mail.set_content(text, subtype=subtype)
    return mail


def _mixed(*parts: EmailMessage, kind: str = "mixed") -> EmailMessage:
    mail = _mail()
    getattr(mail, f"make_{kind}")()
    for part in parts:
        mail.attach(part)
    return mail


def _part(text: str, subtype: str = "plain") -> EmailMessage:
    part = EmailMessage()
    part.set_content(text, subtype=subtype)
    return part


def _file(
    name: str, disposition: str = "attachment", subtype: str = "pdf", maintype: str = "application"
) -> EmailMessage:
    part = EmailMessage()
    part.set_content(b"x", maintype, subtype, disposition=disposition, filename=name)
    return part


@pytest.mark.parametrize(
    ("mail", "text"),
    [
        (_mixed(_part(FIRST), _file("图.png", "inline", "png", "image"), _part(SECOND)), f"{FIRST}\n{SECOND}"),
        (_mixed(_part(f"<p>{FIRST}</p>", "html"), _part(SECOND)), f"{FIRST}\n{SECOND}"),
        (_mixed(_part(FIRST), _part(f"<p>{FIRST}</p>", "html")), FIRST),
        (_mixed(_part(FIRST), _mixed(_part(SECOND), _part(THIRD))), f"{FIRST}\n{SECOND}\n{THIRD}"),
        (_mixed(_part(FIRST), _part(SECOND, "markdown")), f"{FIRST}\n{SECOND}"),
    ],
    ids=["picture between", "html and plain", "twice", "nested", "another text"],
)
def test_all_texts_of_a_mail(mail: EmailMessage, text: str, tmp_path: Path) -> None:
    texts, said = read_articles(tmp_path / "in", **{"a.eml": mail.as_bytes()})
    assert texts == {"a.eml": text}
    names = [part.get_filename() for part in mail.iter_parts() if part.get_filename()]
    assert said == [f"a.eml is read without its attachment {name}: save that as a file beside it." for name in names]


@pytest.mark.parametrize(
    ("plain", "markup", "text"),
    [
        (STUB, f"<p>{FIRST}</p><p>{SECOND}</p>", f"{FIRST}{SECOND}"),
        (f"{STUB} {STUB}", f"<p>{SECOND}</p>", f"{STUB}{STUB}\n{SECOND}"),
        (
            f"{FIRST}\n",
            f"<p>{FIRST}</p><table><tr><td>甲村<td>22吨<tr><td>乙村<td>8吨</table>",
            f"{FIRST}\n甲村\t22吨\n乙村\t8吨",
        ),
        (f"{FIRST}\n\n{SECOND}\n", "<p>见附件</p>", f"{FIRST}\n{SECOND}\n见附件"),
        (f"{FIRST[:14]}\n{FIRST[14:]}\n\n{SECOND}", f"<p>{FIRST}</p><p>{SECOND}</p>", f"{FIRST}\n{SECOND}"),
        ("", f"<p>{FIRST}</p>", FIRST),
        (f"{FIRST}", "<p></p>", FIRST),
    ],
    ids=["stub", "long stub", "table in html", "stub in html", "wrapped", "empty plain", "empty html"],
)
def test_the_form_of_a_text_that_says_more(plain: str, markup: str, text: str, tmp_path: Path) -> None:
    mail = _mixed(_part(plain), _part(markup, "html"), kind="alternative")
    texts, said = read_articles(tmp_path / "in", **{"a.eml": mail.as_bytes()})
    assert list(texts) == ["a.eml"]
    assert texts["a.eml"].endswith(text)
    assert said == []


def test_mails_in_a_mail(tmp_path: Path) -> None:
    inner, innermost = _mail(SECOND, "Fwd: 体育馆动工"), _mail(THIRD, "招考")
    inner.add_attachment(innermost)
    outer = _mail(FIRST, "转发：三篇")
    outer.add_attachment(inner)
    outer.attach(_file("表.xlsx", "inline"))
    texts, said = read_articles(tmp_path / "in", **{"a.eml": outer.as_bytes()})
    assert texts == {"a.eml#1": FIRST, "a.eml#2": SECOND, "a.eml#3": THIRD}
    assert said == ["a.eml is read without its attachment 表.xlsx: save that as a file beside it."]


@pytest.mark.parametrize("way", ["digest", "alone", "encoded", "file"])
def test_other_ways_to_enclose_a_mail(way: str, tmp_path: Path) -> None:
    inner = _mail(SECOND, "体育馆动工")
    encoded = base64.encodebytes(inner.as_bytes())
    head = b"Subject: x\r\nFrom: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/%s; boundary=b\r\n\r\n--b\r\n"
    data = {
        "digest": head % b"digest" + b"\r\n" + inner.as_bytes() + b"\r\n--b--\r\n",
        "alone": head % b"mixed" + b"Content-Type: message/rfc822\r\n\r\n" + inner.as_bytes() + b"\r\n--b--\r\n",
        "encoded": head % b"mixed"
        + b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encoded
        + b"\r\n--b--\r\n",
        "file": head % b"mixed"
        + b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.eml\r\n"
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encoded
        + b"\r\n--b--\r\n",
    }[way]
    assert read_articles(tmp_path / "in", **{"a.eml": data}) == ({"a.eml": SECOND}, [])


def test_lines_around_an_article_in_a_mail_are_read(tmp_path: Path) -> None:
    page = f"<div><a href=x>编辑部</a></div><h1>出口</h1><p>{FIRST}</p><div class=footer><p>联系电话85012345</p></div>"
    texts, _ = read_articles(tmp_path / "in", **{"a.eml": _mail(page, subtype="html").as_bytes()})
    assert texts["a.eml"].split("\n") == ["编辑部", "出口", FIRST, "联系电话85012345"]


def test_mail_with_nothing_but_files(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"a.eml": _mixed(_file("稿.doc")).as_bytes(), "b.eml": b"Subject: x\n\n"}
    assert read_articles(tmp_path / "in", **files) == (
        {},
        [f"{name} is a mail without text: save what is attached as files beside it." for name in files],
    )


def test_deeply_nested_mail_ends_no_run(tmp_path: Path) -> None:
    mail = _mail(FIRST)
    for _ in range(60):
        outer = _mail()
        outer.make_mixed()
        outer.attach(mail)
        mail = outer
    texts, said = read_articles(tmp_path / "in", **{"a.eml": mail.as_bytes(), "b.txt": SECOND.encode()})
    assert texts.get("b.txt") == SECOND
    assert "a.eml" in texts or any(why.startswith("a.eml ") for why in said)


def test_text_in_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    junk = _file("x", "inline")
    junk.set_content(bytes(range(128, 256)) * 9 + b"\xff", "text", "plain")
    files: dict[str, bytes | str] = {"a.eml": _mixed(_part(FIRST), junk).as_bytes(), "b.eml": _mixed(junk).as_bytes()}
    assert read_articles(tmp_path / "in", **files) == (
        {"a.eml": FIRST},
        [
            "a.eml is read without a text in an unknown encoding: save that as .txt in UTF-8.",
            "b.eml is not text in UTF-8, UTF-16, GB18030 or Big5: save it again as .txt in UTF-8.",
        ],
    )
