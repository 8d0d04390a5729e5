"""What ``rag eval`` prints on a terminal: progress, and the table of figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:  # these modules load the model's libraries, which `--help` does not need
    from eval.harness.results import Results


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of (step, done, total) that moves a bar."""
    with Progress(
        TextColumn("{task.description:8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, total=total)

        yield show


def show_results(results: Results) -> None:
    """Print the table of figures, then the differences that exceed their intervals."""
    from eval.harness.table import rows, significant_differences

    console = Console(highlight=False)
    head, *body = rows(results)
    title = f"{results['set']['name']}, {results['set']['questions']} questions, 95% intervals"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left")
    for row in body:
        table.add_row(*row)
    console.print(table)
    for comparison in results["comparisons"]:
        differences = significant_differences(comparison)
        against = "the baseline's " if comparison["baseline"] else ""
        lead = f"{comparison['first']} minus {against}{comparison['second']}, {comparison['questions']} questions: "
        console.print(
            lead + ("; ".join(differences) or "no measure differs beyond its interval"), markup=False, soft_wrap=True
        )
