"""The official Python client makes, reads, lists, patches and deletes an object of each kind: `python THIS KUBECONFIG`.

It checks every answer against its own types, so that a required field that is missing fails. Objects come as JSON
lines of {"api", "name", "kind", "namespaced", "body"} on the standard input; exits with 0 when all is as it should be.
"""

from __future__ import annotations

import re
import sys

import orjson
from kubernetes import client, config

# Where the client cuts a kind's name into words, as its generator does.
WORDS = {"CSI": "Csi", "IPA": "IpA", "CIDR": "Cidr", "API": "Api"}


def snake_case(kind: str) -> str:
    for run, word in WORDS.items():
        kind = kind.replace(run, word)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


def main(kubeconfig: str) -> None:
    with config.new_client_from_config(config_file=kubeconfig) as api_client:
        for line in sys.stdin:
            case = orjson.loads(line)
            api = getattr(client, case["api"])(api_client)
            method = ("namespaced_" if case["namespaced"] else "") + snake_case(case["kind"])
            namespace = ("default",) if case["namespaced"] else ()
            name = case["body"]["metadata"]["name"]
            getattr(api, f"create_{method}")(*namespace, body=case["body"])
            assert getattr(api, f"read_{method}")(name, *namespace).metadata.name == name
            # Only its own: core's Events, seen as events.k8s.io's, may lack a time that this client insists on.
            listed = getattr(api, f"list_{method}")(*namespace, field_selector=f"metadata.name={name}")
            assert name in [item.metadata.name for item in listed.items], case["kind"]
            patch = {"metadata": {"labels": {"patched": "yes"}}}
            patched = getattr(api, f"patch_{method}")(name, *namespace, body=patch)
            assert patched.metadata.labels == {"patched": "yes"}, case["kind"]
            getattr(api, f"delete_{method}")(name, *namespace)


if __name__ == "__main__":
    main(*sys.argv[1:])
