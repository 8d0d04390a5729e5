"""A picture of a page -> its text, by OCR. The optional dependencies ``ocr`` must be installed."""

from __future__ import annotations

import functools
import io
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from rag.errors import CorpusError
from rag.reading.boxes import Box
from rag.reading.reading_order import text_in_order
from rag.schema import Part

_INSTALL = "to read it, install the OCR with `pip install 'baowen[ocr]'`, then run `rag index` again."
_SIDE = 2000  # pixels; larger pictures take longer and are read no better
_SAME_TYPE = 0.15  # sizes of type that differ by less are the same: the OCR's frames are not more exact


class Scan:
    def __init__(self, data: bytes) -> None:
        """Raise CorpusError if this is not a picture or the OCR is not installed."""
        _loaded("is a picture")
        try:
            self._picture = Image.open(io.BytesIO(data))
            self._picture.load()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise CorpusError("is damaged, not a picture or too large: save it again.") from error

    def __len__(self) -> int:
        return 1

    def part(self, number: int) -> Part:
        return Part(text_in_order(boxes_of(self._picture)))


def _loaded(why: str) -> Any:
    """The OCR. Raise CorpusError if it is not installed."""
    try:
        return _engine()
    except ImportError as error:
        raise CorpusError(f"{why}: {_INSTALL}") from error


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    # the models are in the wheel; pages stand upright, so that no line must be rotated
    return RapidOCR(params={"Global.max_side_len": _SIDE, "Global.use_cls": False, "Global.log_level": "critical"})


def boxes_of(picture: Image.Image, why: str = "is a picture") -> list[Box]:
    """Return the stretches of text in the picture, in pixels. Raise CorpusError if the OCR is not installed; ``why`` it is
    needed is in the message."""
    engine = _loaded(why)
    found = engine(np.asarray(picture.convert("RGB")))
    if found.boxes is None:
        return []
    frames = [
        (*np.asarray(corners).min(0), *np.asarray(corners).max(0), text)
        for corners, text in zip(found.boxes, found.txts, strict=True)
    ]
    sizes = [_type_size(right - left, bottom - top, text) for left, top, right, bottom, text in frames]
    usual = median(size for size, frame in zip(sizes, frames, strict=True) for _ in frame[4])
    boxes = []
    for size, (left, top, right, bottom, text) in zip(sizes, frames, strict=True):
        half = (usual if abs(size / usual - 1) < _SAME_TYPE else size) / 2
        middle = (top + bottom) / 2
        boxes.append(Box(float(left), float(middle - half), float(right), float(middle + half), text))
    return boxes


def _type_size(width: float, height: float, text: str) -> float:
    """The size of the type of a frame, in pixels. The frame is higher than the type by an amount that varies, so a long
    frame's width is used."""
    letters = sum(1.0 if c > "\u2e7f" else 0.55 for c in text)
    return float(min(width / letters, height) if letters >= 4 else 0.75 * height)
