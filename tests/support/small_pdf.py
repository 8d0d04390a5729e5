"""PDFs of one page, written by hand."""

from __future__ import annotations


def small_pdf(drawing: bytes, rotate: int = 0) -> bytes:
    """Return a PDF of 300 by 200 points with this content stream. Its font ``/F1`` is Helvetica."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Rotate %d/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>" % rotate,
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj%sendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return data + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>startxref\n%d\n%%%%EOF" % (
        size,
        table,
        size,
        len(data),
    )
