"""Time zones from the tzdata package, never from the machine, so that every worker agrees."""

import re
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+)*")


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; ValueError if there is none of that name."""
    place = resources.files("tzdata").joinpath("zoneinfo")
    if not NAME.fullmatch(name) or not (file := place.joinpath(*name.split("/"))).is_file():
        raise ValueError("not an IANA time zone")
    with file.open("rb") as stream:
        return ZoneInfo.from_file(stream, key=name)
