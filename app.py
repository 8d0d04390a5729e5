"""Launch the browser chat: ``python app.py [--port 7860]`` is ``rag serve``."""

from __future__ import annotations

import sys

from rag.cli.main import main

if __name__ == "__main__":
    sys.argv.insert(1, "serve")
    main()
