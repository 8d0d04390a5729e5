"""One class per cause that a user can act on; each has its own exit code.

RagError (1)
├── CorpusError (3)          the folder of articles is missing, empty or has nothing readable
├── IndexMissing (4)         no index where one was looked for
├── IndexDamaged (5)         the index's files disagree with its manifest, or cannot be read
├── IndexIncompatible (6)    made by another model or version of the format; or the vectors' address is another index's
├── IndexNotWritable (7)     no permission, a full disk, or another build in progress
├── ModelError (8)           the embedding model cannot be loaded
├── EndpointError (9)        the language model's endpoint is malformed, down, slow or talks nonsense
├── NotFound (10)            no such article
├── PortInUse (11)           the browser page's port is taken
├── FeedbackNotStored (12)   a reader's judgement could not be written down
├── VectorServerError (13)   the server of the vectors is down, slow, of another version or refuses
├── FleetError (14)          the Ray cluster that embeds is down, lacks the program or the model, or died
├── IndexUnreadable (15)     the index is there, and its files may not be read
└── BadInput (2)             a question, batch line, evaluation set or setting that cannot be used

The message says what happened and the command that mends it, in one line.
"""

from __future__ import annotations


class RagError(Exception):
    """The root: catch this at the top and print it; nothing else is expected."""

    exit_code = 1


class CorpusError(RagError):
    exit_code = 3


class IndexMissing(RagError):
    exit_code = 4


class IndexDamaged(RagError):
    exit_code = 5


class IndexIncompatible(RagError):
    exit_code = 6


class IndexNotWritable(RagError):
    exit_code = 7


class ModelError(RagError):
    exit_code = 8


class EndpointError(RagError):
    exit_code = 9


class NotFound(RagError):
    exit_code = 10


class PortInUse(RagError):
    exit_code = 11


class FeedbackNotStored(RagError):
    exit_code = 12


class VectorServerError(RagError):
    exit_code = 13


class FleetError(RagError):
    exit_code = 14


class IndexUnreadable(RagError):
    exit_code = 15


class BadInput(RagError):
    exit_code = 2
