"""The command line: ``rag index / ask / search / eval / articles / show / status / serve``.

With ``--json``, stdout holds JSON alone; progress, remarks and errors go to stderr.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from eval.harness.command import evaluate, export_feedback
from rag import __version__
from rag.cli import index_command
from rag.cli.ask_commands import ask, search, serve
from rag.cli.console import err, out, replace_unknown_characters, with_index_option
from rag.cli.default_command import DefaultCommandGroup
from rag.cli.show_commands import articles, show, status
from rag.errors import RagError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
evaluation = typer.Typer(cls=DefaultCommandGroup)
evaluation.callback()(evaluate)
evaluation.command("export-feedback")(export_feedback)
app.add_typer(index_command.app, name="index")
app.add_typer(evaluation, name="eval")
for _command in (articles, show, status, ask, search, serve):
    app.command()(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"baowen {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Ask a newspaper archive; every sentence of the answer shows the words that it rests on."""


def main() -> None:
    """Run the command line. Print a RagError as one line on stderr and exit with the code of its class."""
    replace_unknown_characters()
    try:
        app()
    except RagError as error:
        err.print(f"rag: {with_index_option(str(error))}", style="red")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:  # e.g. stdout goes to a full disk
        sys.stderr.write(f"rag: the output could not be written ({error.strerror}): free space or write elsewhere.\n")
        sys.exit(1)
