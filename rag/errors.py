"""The errors that a user can act on: one class per cause, each with its own exit code.

RagError (1)
├── BadInput (2)             a question, batch line, evaluation set or setting is not valid
├── CorpusError (3)          the folder of articles is missing or empty, or a file in it cannot be read
├── IndexMissing (4)         there is no index in the folder
├── IndexDamaged (5)         the index's files cannot be read or do not match its manifest
├── IndexIncompatible (6)    the index needs another model, program version or vector collection
├── IndexNotWritable (7)     no permission, a full disk, or another build is running
├── ModelError (8)           the embedding model or the dictionary cannot be loaded
├── EndpointError (9)        the language model's server is wrongly configured, down, slow or faulty
├── NotFound (10)            the index has no such article or page
├── PortInUse (11)           another program uses the port of the browser chat
├── FeedbackNotStored (12)   a reader's judgement could not be written
├── VectorServerError (13)   the vector server is down, slow, too old or refuses a request
├── RayClusterError (14)     the Ray cluster is down, died, or lacks the program or the model
├── IndexUnreadable (15)     the index exists, but permission to read its files is denied
└── YamlNotUsed (16)         the index is up to date, but without YAML that cannot be used

A message is one line. It says what happened and which command or setting mends it.
"""

from __future__ import annotations


class RagError(Exception):
    """The base class. The command line prints its message and exits with ``exit_code``."""

    exit_code = 1


class BadInput(RagError):
    """Raised when a question, batch line, evaluation set or setting is not valid.

    Correct the input that the message names.
    """

    exit_code = 2


class CorpusError(RagError):
    """Raised when the folder of articles is missing or empty, or a file in it cannot be read.

    Name the right folder, or save the named file again.
    """

    exit_code = 3


class IndexMissing(RagError):
    """Raised when there is no index in the folder.

    Run `rag index`.
    """

    exit_code = 4


class IndexDamaged(RagError):
    """Raised when the index's files cannot be read or do not match its manifest.

    Run `rag index --anew`.
    """

    exit_code = 5


class IndexIncompatible(RagError):
    """Raised when the index needs another model, program version or vector collection.

    Run `rag index`; for another format update the program or add `--anew`; for vectors correct RAG_VECTOR_STORE.
    """

    exit_code = 6


class IndexNotWritable(RagError):
    """Raised when the index cannot be written: no permission, a full disk, or another build is running.

    Free space, correct the permissions, or wait for the other build.
    """

    exit_code = 7


class ModelError(RagError):
    """Raised when the embedding model or the dictionary cannot be loaded.

    Run the `pip install` that the message names, or correct RAG_EMBEDDING_MODEL.
    """

    exit_code = 8


class EndpointError(RagError):
    """Raised when the language model's server is wrongly configured, down, slow or faulty.

    Check OPENAI_BASE_URL, OPENAI_API_KEY and RAG_LLM_MODEL, then the server's log.
    """

    exit_code = 9


class NotFound(RagError):
    """Raised when the index has no such article or page.

    List the articles with `rag articles`, or bring the index up to date with `rag index`.
    """

    exit_code = 10


class PortInUse(RagError):
    """Raised when another program uses the port of the browser chat.

    Choose another with `rag serve --port`.
    """

    exit_code = 11


class FeedbackNotStored(RagError):
    """Raised when a reader's judgement could not be written.

    Free space there, or set RAG_FEEDBACK_FILE to another file.
    """

    exit_code = 12


class VectorServerError(RagError):
    """Raised when the vector server is down, slow, too old or refuses a request.

    Start or update the server, or correct RAG_VECTOR_STORE.
    """

    exit_code = 13


class RayClusterError(RagError):
    """Raised when the Ray cluster is down, died, or lacks the program or the model.

    Check it with `ray status`, and install the same version on every machine.
    """

    exit_code = 14


class IndexUnreadable(RagError):
    """Raised when the index exists, but permission to read its files is denied.

    Run the program as the owner of the index, or correct the permissions.
    """

    exit_code = 15


class YamlNotUsed(RagError):
    """Raised when the index is up to date, but YAML beside a file cannot be used, so that the file is read without it.

    Correct the YAML file that the note names, and run `rag index` again.
    """

    exit_code = 16
