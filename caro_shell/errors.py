"""Every error a person may see: one sentence that names the cause and the next step.

CaroError
├─ ConfigError        a setting or file that cannot be used; names the key and the file
├─ ModelError         the catalog, a model file or a download
│  ├─ ModelMissing    not on this disk
│  ├─ ModelDamaged    on this disk, but not what it should be
│  └─ PullError       could not be fetched
├─ BackendError       the model could not answer
│  ├─ BackendUnavailable
│  ├─ BackendTimeout
│  ├─ MlxFailed
│  └─ RemoteError     a server on the network, or what it answered
│     ├─ RemoteUnreachable  no connection, or it broke
│     ├─ RemoteTimeout      too slow
│     ├─ RemoteMalformed    an answer, but none that can be read
│     └─ HttpStatus         the server said no
├─ NoCommandFound     the model answered, no reader accepted it
├─ Cancelled          the person went away; nothing is shown
└─ DaemonError        the resident process could not be started or went away

Errors of other libraries are translated where those libraries are imported, nowhere else.
"""

from __future__ import annotations


def for_log(error: CaroError) -> str:
    """Return the sentence of `error` without what a server said: that may be the person's own words."""
    return str(error).replace(f"({getattr(error, 'detail', '')})", "(...)")


class CaroError(Exception):
    """Base of all errors shown to people; `str(error)` is the sentence."""


class ConfigError(CaroError):
    """A setting or configuration file that cannot be used."""


class ModelError(CaroError):
    """The catalog, a model file or a download."""


class ModelMissing(ModelError):
    """The model asked for is not on this disk."""


class ModelDamaged(ModelError):
    """The model's file is on this disk, but is not what it should be."""


class PullError(ModelError):
    """The model could not be fetched."""


class BackendError(CaroError):
    """The model could not answer."""


class BackendUnavailable(BackendError):
    """The library or the server behind a backend is not to be had."""


class BackendTimeout(BackendError):
    """The backend took longer than `generation.timeout_s`."""


class MlxFailed(BackendError):
    """MLX could not load or run a model that llama.cpp may well run; `cause` says at what and why."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"MLX failed while {cause}; set backend.embedded.variant to cpu to do without it")
        self.cause = cause


class RemoteError(BackendError):
    """A remote backend could not answer. `transient`: the same request may well succeed in a moment."""

    def __init__(self, sentence: str, *, transient: bool = False) -> None:
        super().__init__(sentence)
        self.transient = transient


class RemoteUnreachable(RemoteError):
    """No connection to the server (refused, unknown name, no route, TLS not trusted), or one that broke."""


class RemoteTimeout(RemoteError):
    """The server took longer than it may, to accept a connection or to answer."""


class RemoteMalformed(RemoteError):
    """The server's answer is too large, no JSON, or not what the JSON should be."""


class HttpStatus(RemoteError):
    """The server answered with an HTTP `status` of 300 or more.

    `detail` is what it said itself, printable, at most 300 characters, perhaps nothing; `retry_after_s`
    the seconds for which it wants to be left alone, None where it did not say.
    """

    def __init__(
        self,
        sentence: str,
        status: int,
        detail: str = "",
        *,
        retry_after_s: float | None = None,
        transient: bool = False,
    ) -> None:
        super().__init__(sentence, transient=transient)
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s


class NoCommandFound(CaroError):
    """The model answered, but no reader found a command in it."""


class Cancelled(CaroError):
    """The person went away before the answer; nothing is shown."""


class DaemonError(CaroError):
    """The resident process could not be started or went away."""
