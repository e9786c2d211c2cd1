"""
Other name servers, and ours, on the same zones.

Each server runs in the foreground from a temporary folder, on a loopback port, with one worker, as
any user. Tests ask them the same questions; benches read what an answer costs them.
"""

from tests.peers.echo import Echo
from tests.peers.gdnsd import Gdnsd
from tests.peers.install import install_line, missing
from tests.peers.knot import Knot
from tests.peers.meridian import Meridian
from tests.peers.nsd import Nsd
from tests.peers.powerdns import PowerDnsGeo, PowerDnsLua
from tests.peers.server import CpuTime, Server, ServerFailed

__all__ = [
    "CpuTime",
    "Echo",
    "Gdnsd",
    "Knot",
    "Meridian",
    "Nsd",
    "PowerDnsGeo",
    "PowerDnsLua",
    "Server",
    "ServerFailed",
    "install_line",
    "missing",
]
