"""How many looks may go on at once: each holds a descriptor, and DNS and the API need some too."""

from __future__ import annotations

import resource

import structlog

log = structlog.get_logger()

_WANTED = 65_536
_MOST = 8_192  # looks, so that memory has a bound as well: TLS takes some 50 kB each


def looks_at_once() -> int:
    """
    The most looks that may go on at once.

    Raises this process's soft limit on descriptors as far as the hard one allows, since the usual
    1,024 are few where many endpoints stall.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft != resource.RLIM_INFINITY and soft < possible:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
        log.debug("descriptors.raised", before=soft, now=possible)
        soft = possible
    return _MOST if soft == resource.RLIM_INFINITY else min(soft // 2, _MOST)
