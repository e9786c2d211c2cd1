"""Options of commands that take settings, and the settings that they ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import click
import msgspec

from meridian.changes.guard import check_guards
from meridian.model.secondary import secondaries
from meridian.place.coordinates import places
from meridian.settings import DEFAULTS, Quotas, Settings, from_text, load

F = TypeVar("F", bound=Callable[..., Any])


def _description(hint: Any) -> str:
    """The description in a setting's `Annotated[…, Meta(description=…)]`."""
    metas = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return " ".join(meta.description for meta in metas if isinstance(meta, msgspec.Meta) and meta.description)


def _shown(default: Any) -> str:
    return ",".join(default) if isinstance(default, tuple | dict) else str(default)


def settings_options(*names: str) -> Callable[[F], F]:
    """
    Options for these settings, for all if none are named, and --config; the command gets them, for `read_settings`.

    Descriptions and defaults are those of `Settings`, so that no setting can be forgotten here.
    """

    def decorate(command: F) -> F:
        hints = get_type_hints(Settings, include_extras=True)
        if not names:
            command = _quota_option(command)
        for field in reversed(msgspec.structs.fields(Settings)):
            if field.name == "quotas" or (names and field.name not in names):
                continue
            flag, default = field.name.replace("_", "-"), getattr(DEFAULTS, field.name)
            option = f"--{flag}/--no-{flag}" if isinstance(default, bool) else f"--{flag}"
            text = f"{_description(hints[field.name])}  [default: {_shown(default) or 'none'}]"
            command = click.option(option, field.name, default=None, metavar=_metavar(default), help=text)(command)
        file = click.Path(dir_okay=False, path_type=Path)
        return click.option("--config", type=file, help="TOML file with settings, named as the options are.")(command)

    return decorate


def _metavar(default: Any) -> str | None:
    if isinstance(default, bool):
        return None
    if isinstance(default, tuple):
        return "A,B,…"
    if isinstance(default, dict):
        return "TOML"
    return "NUMBER" if isinstance(default, int | float) else "TEXT"


def _quota_option(command: F) -> F:
    hints = get_type_hints(Quotas, include_extras=True)
    known = "; ".join(
        f"{field.name}: {_description(hints[field.name])} [{field.default}]" for field in msgspec.structs.fields(Quotas)
    )
    return click.option("--quota", "quotas", multiple=True, metavar="NAME=NUMBER", help=f"A quota. {known}")(command)


def read_settings(options: dict[str, Any], environ: dict[str, str] | None = None) -> Settings:
    """The settings that the options of `settings_options` ask for; takes them out of `options`."""
    file = options.pop("config")
    fields = {field.name for field in msgspec.structs.fields(Settings)}
    given = {name: options.pop(name) for name in list(options) if name in fields}
    for name, value in given.items():
        if isinstance(value, str):
            given[name] = from_text(getattr(DEFAULTS, name), value, f"--{name.replace('_', '-')}")
    given["quotas"] = dict(_quota(text) for text in given.get("quotas") or ()) or None
    return load(file, environ if environ is not None else os.environ, given, _check)


def _check(settings: Settings) -> None:
    """What the settings alone cannot know to be wrong."""
    places(settings)
    secondaries(settings)
    check_guards(settings)


def _quota(text: str) -> tuple[str, str]:
    name, _, number = text.partition("=")
    if not number:
        raise click.BadParameter(
            f"'{text}' is not NAME=NUMBER, such as record_sets_per_zone=100000", param_hint="--quota"
        )
    return name, number
