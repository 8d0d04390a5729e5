"""Files of all text formats, well made and damaged, drawn at random: each sentence in them holds a number of its own."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

_STRANGE = [
    "\x00",
    "\x01",
    "\x1a",
    "\ufffd",
    "\ue5e5",
    "\ufeff",
    "\u200b",
    "\u202e",
    "\u2028",
    "\x85",
    "\U0010fffd",
    "⼼",
    "€",
    "𬀩",
]
_HALVES = ["\ud83d", "\ude00", "\udcff"]
_ENTITIES = ["&#49;&#50;", "&ldquo;", "&amp;ldquo;", "&#xD83D;", "&#0;", "&nbsp;", "&nosuch;", "\\n", "<br>", "<p>"]
_DATES = [
    "2025-07-31",
    "31/07/2025",
    "45868",
    "昨天",
    "",
    "二〇二五年七月",
    "Thu, 31 Jul 2025 08:00:00 +0800",
    "9" * 40,
    "\ud83d",
]
_CODECS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "big5hkscs"]
_FIELDS = ["标题", "正文", "日期", "作者", "来源", "id", ""]
_YAML = [
    "title: 甲: 乙\n",
    "date: soon\n",
    'title: "\\ud83d"\n',
    "source: 平湖日报\n",
    "\tx",
    "- a",
    "columns: {text: 稿}\n",
    "\x00",
    "articles: [{lines: 99}]\n",
]


class Drawer:
    """Draws one file after the other. ``sentences`` are the numbers in the file drawn last."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._number = 0
        self.sentences: list[str] = []

    def draw(self) -> tuple[str, bytes]:
        """Return the suffix and the bytes of a file. What a damaged file holds is not known."""
        self.sentences = []
        suffix, make = self._random.choice(self._kinds())
        data = make()
        if self._random.random() < 0.15:
            data, self.sentences = self._damaged(data), []
        return suffix, data

    def yaml(self) -> bytes:
        """Return a YAML to put beside a file, most often a wrong one."""
        return self._random.choice(_YAML).encode("utf-8", "surrogatepass")

    def _kinds(self) -> list[tuple[str, Callable[[], bytes]]]:
        return [
            (".txt", lambda: self._encoded(self._body())),
            (".md", self._markdown),
            (".markdown", self._markdown),
            (".csv", lambda: self._csv(",")),
            (".csv", lambda: self._csv(";")),
            (".tsv", lambda: self._csv("\t")),
            (".jsonl", self._json_lines),
            (".ndjson", self._json_lines),
            (".html", self._html),
            (".xhtml", self._html),
            (".eml", self._mail),
            (".epub", self._epub),
            (".zip", self._zip),
        ]

    def _sentence(self, strange: float = 0.1) -> str:
        self._number += 1
        mark = f"第{self._number:07}号"
        self.sentences.append(mark)
        text = f"平湖市政府昨天发布{mark}公告，说明今年重点工程的进展和资金安排，总投资{self._number}万元，市民可以在网上查看。"
        if self._random.random() < strange:
            at = self._random.choice([0, 9, len(text)])
            text = text[:at] + self._random.choice(_STRANGE) + text[at:]
        return text

    def _body(self, count: int = 0) -> str:
        end = self._random.choice(["\n", "\r\n", "\r", "\n\n"])
        return end.join(["重点工程公告", *(self._sentence() for _ in range(count or self._random.randint(2, 6)))]) + end

    def _encoded(self, text: str) -> bytes:
        codec = self._random.choice(_CODECS)
        try:
            return text.encode(codec)
        except UnicodeEncodeError:
            return text.encode("utf-8", "surrogatepass")

    def _damaged(self, data: bytes) -> bytes:
        at = self._random.randrange(len(data) + 1)
        return self._random.choice(
            [
                data[:at],
                data[:at] + b"\xff" + data[at:],
                data[:at] + b"\x80" + data[at:],
                data[:at] + b"\xed\xa0\xbd" + data[at:],
            ]
        )

    def _markdown(self) -> bytes:
        mark = self._random.choice(["---", "+++", "...", "-----"])
        fields = self._random.choice(
            ["title: 甲: 乙", "title = '甲'", "title: [甲", "date: 2025", "a\x00: b", 'title: "\\ud83d"', "'"]
        )
        top = self._random.choice(["", "\n", "\ufeff", "\r\n\r\n"])
        return self._encoded(f"{top}{mark}\n{fields}\n{mark}\n{self._body()}")

    def _cell(self, field: str) -> str:
        if field == "正文":
            return self._sentence() + self._random.choice(["", *_ENTITIES])
        return self._random.choice(
            _DATES if field == "日期" else ["甲", "记者 王强", "&#49;", "a,b", 'say "x"', *_HALVES]
        )

    def _csv(self, delimiter: str) -> bytes:
        out = io.StringIO()
        out.write(
            self._random.choice(
                ["", "", f"sep={delimiter}\r\n", "平湖日报稿件导出\r\n", f"导出{delimiter}{delimiter}\r\n"]
            )
        )
        fields = self._random.sample(_FIELDS, self._random.randint(2, len(_FIELDS)))
        rows = csv.writer(out, delimiter=delimiter)
        rows.writerow(fields)
        for _ in range(self._random.randint(1, 6)):
            row = [self._cell(field) for field in fields]
            extra = self._random.random()
            rows.writerow([*row, self._sentence(0)] if extra < 0.2 else [*row, "", ""] if extra < 0.4 else row)
        return self._encoded(out.getvalue())

    def _json_lines(self) -> bytes:
        lines = []
        for _ in range(self._random.randint(1, 6)):
            fields = self._random.sample(_FIELDS, self._random.randint(1, len(_FIELDS)))
            row = {field: self._cell(field) for field in fields}
            row["n"] = self._random.choice([1e400, 1.50, None, True, [1, ["\ud83d"]], {"a": 1}])
            if "正文" in row:
                row["正文"] += self._random.choice(["", *_HALVES])
            lines.append(json.dumps(row, ensure_ascii=self._random.random() < 0.5))
        lines.insert(
            self._random.randrange(len(lines) + 1), self._random.choice(["", "{bad", "[1]", "[" * 5000, "\ufeff"])
        )
        return self._encoded("\n".join(lines))

    def _html(self) -> bytes:
        codec = self._random.choice(["utf-8", "gb18030", "big5hkscs"])
        declared = self._random.choice([codec, "iso-8859-1", "windows-1252", "utf-16", "gb2312", "nosuch", "base64"])
        body = "".join(f"<p>{self._sentence()}{self._random.choice(['', *_ENTITIES])}</p>" for _ in range(4))
        page = (
            f"<html><head><meta charset='{declared}'><title>公告</title></head><body><h1>公告</h1>{body}</body></html>"
        )
        return page.encode(codec, "xmlcharrefreplace")

    def _mail(self) -> bytes:
        mail = EmailMessage()
        mail["Subject"] = self._random.choice(["稿件", "Re: 稿件：新篇章"])
        mail["From"] = "a@example.org"
        mail["Date"] = self._random.choice(["Thu, 31 Jul 2025 08:00:00 +0800", "soon", "Thu, 99 Foo 2025"])
        text = "\n".join(self._sentence(0) for _ in range(3))
        mail.set_content(text, charset=self._random.choice(["utf-8", "gb18030"]))
        if self._random.random() < 0.3:
            mail.add_attachment(b"x", "application", "octet-stream", filename="稿件.bin")
        data = mail.as_bytes()
        return data.replace(
            b'charset="utf-8"', self._random.choice([b'charset="utf-8"', b'charset="x-no"', b"charset*=''%", b""])
        )

    def _epub(self) -> bytes:
        chapter = f"<html><body><h1>题</h1><p>{self._sentence(0)}</p></body></html>"
        return _zipped({"mimetype": b"application/epub+zip", "a.xhtml": chapter.encode()})

    def _zip(self) -> bytes:
        members = {}
        for number in range(self._random.randint(1, 3)):
            suffix, make = self._random.choice([kind for kind in self._kinds() if kind[0] not in (".zip", ".epub")])
            members[f"{self._random.choice(['', '内/'])}{number}{suffix}"] = make()
        members["内/baowen.yaml"] = self.yaml()
        return _zipped(members)


def _zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()
