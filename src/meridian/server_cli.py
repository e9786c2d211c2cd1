"""What commands share that speak to a running server."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from meridian.client import Api, connect
from meridian.place.coordinates import places
from meridian.settings import load

F = TypeVar("F", bound=Callable[..., Any])


def of_server(command: F) -> F:
    """Options that say which server; the command gets them, for `api_of`."""
    options = (
        click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file with settings."),
        click.option("--data-dir", metavar="TEXT", help="The server's data folder  [default: meridian-data]"),
        click.option("--api-listen", metavar="TEXT", help="Address of the API  [default: 127.0.0.1:5380]"),
        click.option("--public-url", metavar="TEXT", help="URL of the API, in place of its address."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def api_of(options: dict[str, Any]) -> Api:
    """The server that the options of `of_server` say, with the key of the environment or of the data folder."""
    settings = load(options.pop("config"), os.environ, options, places)
    return connect(settings.base_url, settings.aws_folder)
