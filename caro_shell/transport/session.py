"""A pool of connections to one endpoint, each known to the call that uses it."""

from __future__ import annotations

import logging
import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import PoolManager, ProxyManager, disable_warnings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import InsecureRequestWarning

from caro_shell import __version__
from caro_shell.errors import RemoteError
from caro_shell.transport.deadline import Call
from caro_shell.transport.endpoint import Endpoint

log = logging.getLogger("caro.http")


def open_session(endpoint: Endpoint) -> requests.Session:
    """Return a session set up for `endpoint`; nothing is sent, and this process's environment is not read."""
    session = requests.Session()
    session.trust_env = False
    session.proxies = endpoint.proxies()
    session.headers.update({"User-Agent": f"caro/{__version__}", "Accept-Encoding": "gzip"})
    if endpoint.key:
        # Set here, it also wins over a name and password in the URL.
        session.auth = _Bearer(endpoint.key, endpoint.where)
    bundle = endpoint.bundle()
    session.verify = endpoint.verify and (bundle.path if bundle else True)
    if endpoint.url.startswith("https:") and not endpoint.verify:
        log.warning("whether %s is who it says is not checked (backend.verify is false)", endpoint.where)
        disable_warnings(InsecureRequestWarning)  # it would come with every request
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    return session


class _Bearer(AuthBase):
    def __init__(self, key: str, where: str) -> None:
        self._key = key
        self._where = where

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # Here, because the libraries below would quote it.
        if not (self._key.isascii() and self._key.isprintable()):
            raise RemoteError(f"the key for {self._where} holds what no key can; set its variable again")
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class _Connection(HTTPConnection):
    """Tells the call that it serves about itself: before it connects, since that may take long, and after."""

    def connect(self) -> None:
        self._report()
        super().connect()
        self._report()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._report()
        super().request(*args, **kwargs)

    def _report(self) -> None:
        call = threading.current_thread()
        if isinstance(call, Call):
            call.use(self)


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
