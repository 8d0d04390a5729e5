"""Write fitted weights as the file that ships.

    python -m eval.reader.ship OUT/fitted.pt

Prints the size and the SHA-256, which belongs in ``rag/reader/reader.py``.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import torch

from rag.reader.weights import FILE, pack


def main() -> None:
    """Pack the weights and write them beside the code that loads them."""
    state = torch.load(Path(sys.argv[1]), map_location="cpu", weights_only=True)
    content = pack(state.get("body", state))
    FILE.write_bytes(content)
    print(f"{FILE}: {len(content) / 1e6:.1f} MB\nSHA256 = {hashlib.sha256(content).hexdigest()!r}")


if __name__ == "__main__":
    main()
