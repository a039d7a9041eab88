"""``marginbench completion``."""

from __future__ import annotations

import click

from harness.errors import IncompleteError

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print what makes a shell complete commands, options, tasks and adapters.

    In bash: eval "$(marginbench completion bash)", in this shell or in ~/.bashrc; in zsh the same
    with zsh; in fish: marginbench completion fish | source.
    """
    from click.shell_completion import get_completion_class

    from harness.cli import COMPLETE, application

    kind = get_completion_class(shell)
    assert kind is not None, "click has each of them"
    try:
        script = kind(application, {}, "marginbench", COMPLETE).source()
    except RuntimeError as error:  # such as a bash of old
        raise IncompleteError(str(error), fix="Install a newer one") from error
    click.echo(script)
