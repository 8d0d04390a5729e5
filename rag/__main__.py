"""``python -m rag``: the same as ``rag``."""

from rag.cli.main import main

main()
