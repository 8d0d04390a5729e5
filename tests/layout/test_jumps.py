"""Jump lines (下转2版, 上接1版) and the pages that they name."""

from __future__ import annotations

import pytest

from rag.layout.jumps import JUMP, jump_page


@pytest.mark.parametrize("mark", ["(下转2版)", "（下转第2版）", "(上接1版)", "下转 3版"])
def test_jump_lines(mark: str) -> None:
    assert JUMP.fullmatch(mark)


@pytest.mark.parametrize("text", ["形势下转型升级的2.0版", "下转型", "上接天下转地", "新版"])
def test_words_that_are_not_a_jump_line(text: str) -> None:
    assert not JUMP.search(text)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("第02版", "2"),
        ("(下转2版)", "2"),
        ("上接第一版", "1"),
        ("下转十二版", "12"),
        ("下转A03版", "A3"),
        ("二十版", "20"),
        ("下转４版", "4"),
        ("出版", ""),
    ],
)
def test_jump_pages(text: str, page: str) -> None:
    assert jump_page(text) == page
