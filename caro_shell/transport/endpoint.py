"""Where a server is, and how the network is to be used to reach it; nothing is sent or looked up."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from caro_shell.sanitise import printable

_PROXIES = {"http": "HTTP_PROXY", "https": "HTTPS_PROXY", "all": "ALL_PROXY"}
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

#: The environment variables that say how the network is reached from here.
VARIABLES = (
    *_PROXIES.values(),
    "NO_PROXY",
    *(name.lower() for name in (*_PROXIES.values(), "NO_PROXY")),
    *_BUNDLES,
)

_PORTS = {"http": 80, "https": 443}


class Bundle(NamedTuple):
    """The file of the certificates that are trusted, and the setting or variable that names it."""

    path: str
    named_by: str


@dataclass(frozen=True)
class Endpoint:
    """A server: `url` is `http(s)://host[:port][/path]`, `key` a bearer token, times in seconds.

    `timeout_s` bounds the whole answer of one try, from the connection to the last byte. `env` holds what
    is set of `VARIABLES` for the person who asks.
    """

    url: str
    key: str = field(default="", repr=False)
    verify: bool = True
    ca_bundle: str = ""
    connect_timeout_s: float = 5.0
    timeout_s: float = 30.0
    env: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def where(self) -> str:
        """The server's `host:port`, for sentences."""
        return printable(host_and_port(self.url))

    @property
    def is_secure(self) -> bool:
        """Whether it is spoken to over TLS, from the first request on."""
        return _origin(self.url)[0] == "https"

    def proxies(self) -> dict[str, str]:
        """Return the proxy for each scheme, `all` among them; none for this machine or a NO_PROXY host."""
        if is_loopback(self.url) or self._is_direct():
            return {}
        found = {scheme: self._variable(name) for scheme, name in _PROXIES.items()}
        return {scheme: proxy for scheme, proxy in found.items() if proxy}

    def bundle(self) -> Bundle | None:
        """Return the certificates to trust instead of the usual ones, if any are named."""
        if not self.verify:
            return None
        if self.ca_bundle:
            return Bundle(self.ca_bundle, "backend.ca_bundle")
        named = next((name for name in _BUNDLES if self.env.get(name)), None)
        return Bundle(self.env[named], named) if named else None

    def leads_to(self, url: str) -> bool:
        """Say whether `url` is on the same server, so that a redirect there may carry words and key along.

        The one other port that is: the usual one of https, in place of the usual one of http.
        """
        ours, theirs = _origin(self.url), _origin(url)
        return theirs in (ours, ("https", ours[1], 443) if (ours[0], ours[2]) == ("http", 80) else ours)

    def _variable(self, name: str) -> str:
        return self.env.get(name.lower()) or self.env.get(name, "")

    def _is_direct(self) -> bool:
        """Say whether NO_PROXY names this host, as itself, by its domain or by its network."""
        no_proxy = self._variable("NO_PROXY")
        _, host, _ = _origin(self.url)
        if proxy_bypass_environment(host_and_port(self.url), {"no": no_proxy}):
            return True
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(host)
            return any(address in network for network in _networks(no_proxy))
        return False


def is_loopback(url: str) -> bool:
    """Say whether the server of `url` is this machine, by its name alone: nothing is resolved."""
    _, host, _ = _origin(url)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        # A connection to 0.0.0.0 or :: goes to this machine.
        return address.is_loopback or address.is_unspecified
    return False


def is_address(url: str) -> bool:
    """Say whether `url` names a server at all."""
    return bool(_origin(url)[1])


def host_and_port(url: str) -> str:
    """Return `host:port` of a URL, the port also where it is the usual one."""
    _, host, port = _origin(url)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def without_login(url: str) -> str:
    """Return `url` without the name and password that it may hold."""
    return re.sub(r"^([^/]*//)?.*@", r"\1", url, flags=re.DOTALL)  # a password may hold anything, unquoted


def _origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port; empty and 0 where `url` is not one."""
    with contextlib.suppress(ValueError):
        # Of "http://here\\@there" either may be the host: those who read URLs do not agree.
        parts = urlsplit("" if re.search(r"[\\\s]", url) else url)
        return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)
    return "", "", 0


def _networks(no_proxy: str) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for entry in no_proxy.split(","):
        with contextlib.suppress(ValueError):
            yield ipaddress.ip_network(entry.strip(), strict=False)
