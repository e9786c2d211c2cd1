"""`meridian demo`: the server with a zone to play with."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from typing import Any

import click

from meridian import app, demo
from meridian.errors import MeridianError
from meridian.settings_cli import read_settings, settings_options
from meridian.store.database import open_database


@click.command(name="demo")
@settings_options()
def demo_(**options: Any) -> None:
    """
    Run the server with a demo zone, and say what to try.

    The first start creates the zone example.com; later starts find everything as it was. Files for
    AWS's tools are in the data folder under aws/.
    """
    settings = read_settings(options, {**demo.ENVIRON, **os.environ})
    click.echo("Starting Meridian …")

    def tell(started: app.Started) -> None:
        try:
            with closing(open_database(settings)) as database:
                key = demo.stored_key(database)
            has_zone = demo.prepare(settings, key)
        except MeridianError as error:
            click.echo(f"meridian: the demo zone could not be made: {error}", err=True)
            return
        click.echo("\n".join(demo.lines(settings, started, has_zone=has_zone)))

    def on_started(started: app.Started) -> None:
        click.echo("Preparing the demo zone …")
        threading.Thread(target=tell, args=[started], daemon=True).start()

    app.run(
        settings,
        on_first_key=lambda _, password: demo.keep_password(settings, password),
        on_started=on_started,
    )
