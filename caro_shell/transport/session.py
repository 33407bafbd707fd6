"""A pool of connections to one endpoint, each known to the call that uses it."""

from __future__ import annotations

import logging
import math
import socket
import threading
from contextlib import nullcontext
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import PoolManager, ProxyManager, disable_warnings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import InsecureRequestWarning, InvalidHeader

from caro_shell import __version__
from caro_shell.errors import RemoteError
from caro_shell.transport.deadline import Call
from caro_shell.transport.endpoint import Endpoint

log = logging.getLogger("caro.http")

# The connect time-out holds for each address of a server, each read of a proxy's answer and the handshake,
# and not for the look-up of the name. All of that together has so many seconds more, and then no other try.
_LONGER_S = 0.5


def open_session(endpoint: Endpoint) -> requests.Session:
    """Return a session set up for `endpoint`; nothing is sent, and this process's environment is not read."""
    session = _Session()
    session.trust_env = False
    session.proxies = endpoint.proxies()
    session.headers.update({"User-Agent": f"caro/{__version__}", "Accept-Encoding": "gzip"})
    if endpoint.key:
        # Set here, it also wins over a name and password in the URL.
        session.auth = _Bearer(endpoint.key, endpoint.where)
    bundle = endpoint.bundle()
    session.verify = endpoint.verify and (bundle.path if bundle else True)
    if endpoint.is_secure and not endpoint.verify:
        log.warning("whether %s is who it says is not checked (backend.verify is false)", endpoint.where)
        disable_warnings(InsecureRequestWarning)  # it would come with every request
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    return session


class _Session(requests.Session):
    def get_redirect_target(self, response: requests.Response) -> None:
        """Return nothing: of a redirect the whole body would be read, also where it is not to be followed."""


class _Bearer(AuthBase):
    def __init__(self, key: str, where: str) -> None:
        self._key = key
        self._where = where

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # Here, because the libraries below would quote it.
        if not (self._key.isascii() and self._key.isprintable()) or " " in self._key:
            raise RemoteError(
                f"the key for {self._where} holds a blank, a line break or another character that "
                "no key has; set its variable again"
            )
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class _Connection(HTTPConnection):
    """Tells the call in whose thread it is used about itself."""

    def connect(self) -> None:
        call = threading.current_thread()
        within_s = (self.timeout or math.inf) + _LONGER_S
        with call.connecting(self, within_s) if isinstance(call, Call) else nullcontext():
            super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        call = threading.current_thread()
        if isinstance(call, Call):
            call.use(self)
        super().request(*args, **kwargs)

    def getresponse(self) -> Any:
        sock = self.sock
        try:
            return super().getresponse()
        except InvalidHeader:
            # The socket is held open by a response that nobody holds.
            if sock:
                socket.close(sock.detach())
            raise


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    """Opens connections of the classes above, through a proxy as well."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _use_our_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        if isinstance(manager, ProxyManager):  # one for SOCKS has connections of its own
            _use_our_pools(manager)
        return manager


def _use_our_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
