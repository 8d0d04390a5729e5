"""``python -m eval``: the same as ``rag eval``."""

import sys

from rag.cli.main import main

sys.argv.insert(1, "eval")
main()
