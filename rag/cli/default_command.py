"""A command that has sub-commands beside its own arguments, such as ``rag index FOLDER`` and ``rag index export
FILE``."""

from __future__ import annotations

from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

_SUB_CONTEXT = "rag.sub_command"
NOT_PARSED = "rag.sub_command_not_parsed"
"""The key in ``Context.meta`` for the name of a sub-command that could not parse the arguments after its name."""
# Typer exports only this subclass of the error that its parser raises.
_UsageError = cast("type[Exception]", typer.BadParameter.__mro__[1])


class _SubCommandContext(typer.Context):
    """The context of a sub-command. Its usage line does not show the arguments of the group's callback."""

    @property
    def command_path(self) -> str:
        """The names of the program, the group and the sub-command."""
        return f"{self.parent.command_path if self.parent else ''} {self.info_name}".lstrip()


class DefaultCommandGroup(TyperGroup):
    """Run the sub-command that the first argument names, or else the callback with all arguments.

    Until version 0.1 the sub-commands were words among the callback's arguments. For one more version, the callback
    also gets arguments that begin with a sub-command's name but that the sub-command cannot parse.
    """

    allow_interspersed_args = True  # the callback takes its options after its arguments too
    allow_extra_args = False

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line: options and the arguments that are not hidden."""
        pieces = [self.options_metavar or ""]
        for parameter in self.get_params(ctx):
            if not getattr(parameter, "hidden", False):
                pieces += parameter.get_usage_pieces(ctx)
        return [*pieces, "| COMMAND [ARGS]..."]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments of the sub-command or of the callback. Raise a usage error if neither can take them."""
        command = self.commands.get(args[0]) if args else None
        if command is not None:
            command.context_class = _SubCommandContext
            try:
                ctx.meta[_SUB_CONTEXT] = command.make_context(args[0], args[1:], parent=ctx)
            except _UsageError:  # perhaps the old order of words: see the class
                ctx.meta[NOT_PARSED] = args[0]
            else:
                return []
        return TyperCommand.parse_args(cast(TyperCommand, self), ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run what ``parse_args`` chose."""
        sub_context = ctx.meta.get(_SUB_CONTEXT)
        if sub_context is None:
            return TyperCommand.invoke(cast(TyperCommand, self), ctx)
        with sub_context:
            return sub_context.command.invoke(sub_context)
