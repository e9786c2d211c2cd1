"""`meridian serve`: the server."""

from __future__ import annotations

from typing import Any

import click

from meridian import app
from meridian.model.account import Credential
from meridian.settings_cli import read_settings, settings_options
from meridian.user_cli import key_lines


@click.command()
@settings_options()
def serve(**options: Any) -> None:
    """
    Run the server until Ctrl-C or SIGTERM.

    Every option can also stand in the TOML file of --config (dns_listen = ["192.0.2.53:53"]) or in a
    variable (MERIDIAN_DNS_LISTEN=192.0.2.53:53). Later places win: file, variables, options.

    \b
    Examples:
      meridian serve
          everything in one process, data in ./meridian-data
      meridian serve --data-dir /var/lib/meridian --dns-listen 192.0.2.53:53,[2001:db8::53]:53
          on the addresses of a name server
      meridian serve --roles edge
          answer with the last values only; the API may be away
      meridian serve --name-server-families ns.example.net,ns.example.org
          the names that zones are delegated to

    The first start makes an access key and shows it once; `meridian user key create` makes more.
    """
    app.run(read_settings(options), on_first_key=_show_first_key, on_started=_say_started)


def _show_first_key(key: Credential, password: str) -> None:
    click.echo("The first access key, shown this once:")
    click.echo(key_lines(key))
    click.echo("Who signs in to the console first:")
    click.echo(f"  user {key.user}, password {password}")


def _say_started(started: app.Started) -> None:
    click.echo(f"API: {started.api or 'not in this process'}   DNS: {', '.join(started.dns) or 'not in this process'}")
