"""An API server alone, as a process to be measured: the store on disk, TLS, admission, and no other part.

Prints its kubeconfig's path when it listens. It ends with its standard input, so that it never outlives whoever
measures it.

    python -m benchmarks.api_process FOLDER
"""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from random import Random

import uvloop

from wherry.api.registry import RESOURCE_TYPES
from wherry.apiserver.app import ApiServerConfig, build_app
from wherry.apiserver.bootstrap import BootstrapConfig, bootstrap
from wherry.client.kubeconfig import write_kubeconfig
from wherry.cluster.credentials import ensure_credentials
from wherry.kit import pki
from wherry.kit.clock import SystemClock
from wherry.kit.http.server import Server
from wherry.kit.http.tls import server_context
from wherry.store.sqlite import SqliteStore

SERVICE_CIDR = "10.96.0.0/16"


async def serve(folder: Path) -> None:
    keys = folder / "pki"
    keys.mkdir(exist_ok=True)
    credentials = ensure_credentials(keys, dns_names=["localhost"], ips=["127.0.0.1"])
    clock = SystemClock()
    store = SqliteStore(folder / "state.db", clock=clock)
    api = build_app(
        ApiServerConfig(
            store=store,
            clock=clock,
            random=Random(1),
            resource_types=RESOURCE_TYPES,
            token_private_key_pem=credentials.token_key_pem,
            token_public_key_pem=pki.public_key_pem(credentials.token_key_pem),
        )
    )
    server = Server(api.app, tls=server_context(credentials.server, client_ca_pem=credentials.ca.cert_pem), clock=clock)
    await server.start()
    await bootstrap(api.app, BootstrapConfig(SERVICE_CIDR, "192.0.2.1", server.port))
    api.ready.set()
    kubeconfig = folder / "kubeconfig"
    write_kubeconfig(
        kubeconfig,
        server=f"https://127.0.0.1:{server.port}",
        ca_pem=credentials.ca.cert_pem,
        user="kubernetes-admin",
        client_identity=credentials.admin,
    )
    gc.collect()
    gc.freeze()
    print(kubeconfig, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop()
    await store.close()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
