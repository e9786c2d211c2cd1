"""The command line: `meridian serve | demo | user | explain | replace | import | export | audit | check | …`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from meridian.errors import MeridianError

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_EXIT = 2  # what a user's mistake ends with
# Where each command is. One that asks a running server needs little of the program, and is quick only without the rest.
COMMANDS = {
    "audit": "meridian.audit_cli:audit",
    "check": "meridian.check_cli:check",
    "compare": "meridian.zone_cli:compare_",
    "demo": "meridian.demo_cli:demo_",
    "explain": "meridian.explain_cli:explain",
    "export": "meridian.zone_cli:export",
    "import": "meridian.zone_cli:import_",
    "place": "meridian.place.cli:place",
    "policy": "meridian.policy_cli:policy",
    "replace": "meridian.zone_cli:replace_",
    "seal": "meridian.user_cli:seal",
    "serve": "meridian.serve_cli:serve",
    "switch": "meridian.check_cli:switch",
    "user": "meridian.user_cli:user",
}


def main() -> None:
    """Run the command line; a mistake of the user is one line, never a stack trace."""
    try:
        cli.main(standalone_mode=False)
    except MeridianError as error:
        click.echo(f"meridian: {error}", err=True)
        sys.exit(_EXIT)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:  # such as `meridian export … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


class _Commands(click.Group):
    """Commands that are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Commands, context_settings=_CONTEXT)
@click.version_option(package_name="meridian")
def cli() -> None:
    """Authoritative DNS with the Route 53 API, on your own machines."""


if __name__ == "__main__":
    main()
