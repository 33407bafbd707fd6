"""llama.cpp's own HTTP server, out of the wheel of xllamacpp, called like `llama-server`.

    llama_server.py -m FILE [--host NAME_OR_SOCKET] [--port N] [-t THREADS] [-c TOKENS]

Run by the interpreter of the environment that holds xllamacpp. It says on standard output where it listens.
What is not given is as `llama-server` has it; the prompt cache is on.
"""

from __future__ import annotations

import argparse
import os
import signal

import xllamacpp  # type: ignore[import-untyped,import-not-found,unused-ignore]


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-m", metavar="FILE", required=True)
    parser.add_argument("-t", metavar="THREADS", type=int, default=-1)
    parser.add_argument("-c", metavar="TOKENS", type=int, default=4096)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    args, _ = parser.parse_known_args()
    params = xllamacpp.CommonParams()
    params.model.path = args.m
    params.cpuparams.n_threads = args.t
    params.n_ctx = args.c
    params.hostnames = [args.host]
    params.port = args.port
    # The binding's default is one slot, where two programs would push each other's prompt out.
    params.n_parallel, params.kv_unified = 4, True
    params.api_keys = list(filter(None, [os.environ.get("LLAMA_API_KEY")]))
    params.endpoint_metrics = True
    params.verbosity = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
