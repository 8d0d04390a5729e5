"""Prints cases/pdf-pages/pages.html to pages.pdf with Chromium; the tests read the PDF and need no Chromium.

python tests/data/make_pdf_pages.py      # from the repository's root
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent / "cases" / "pdf-pages"


def print_to_pdf(source: Path, target: Path) -> None:
    """Print an HTML file. Raise CalledProcessError if Chromium fails."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-pdf-header-footer",
                f"--user-data-dir={profile}",
                f"--print-to-pdf={target}",
                source.resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    print_to_pdf(FOLDER / "pages.html", FOLDER / "pages.pdf")
