from __future__ import annotations

from pathlib import Path

import pytest

from wherry.client.kubeconfig import write_kubeconfig
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.project import read_project

FILE = """
name = "orders"
[environments.dev]
overlay = "dev"
[environments.staging]
overlay = "staging"
[environments.prod]
overlay = "prod"
kubeconfig = "keys/prod"
"""


async def test_environments_of_one_cluster_share_a_connection_and_others_have_their_own(tmp_path: Path) -> None:
    (tmp_path / "wherry.toml").write_text(FILE)
    (tmp_path / "keys").mkdir()
    for path, port in ((tmp_path / "own", 1), (tmp_path / "keys" / "prod", 2), (tmp_path / "ana", 1)):
        write_kubeconfig(path, server=f"http://127.0.0.1:{port}", ca_pem=b"", user="ana", token="t")
    project = read_project(tmp_path)
    dev, staging, prod = (project.environment(name) for name in project.environments)
    async with Clusters(tmp_path / "own") as clusters:
        assert clusters.client(project, dev) is clusters.client(project, staging) is clusters.client()
        assert clusters.client(project, prod) is not clusters.client()
        assert clusters.others(project, dev) == ("prod",)
        assert clusters.others(project, prod) == ("dev",)
        assert (clusters.is_elsewhere(project, prod), clusters.is_elsewhere(project, dev)) == (True, False)
    # Another person's kubeconfig of this machine's cluster is not another cluster.
    assert not Clusters(tmp_path / "ana", this_machine=tmp_path / "own").is_elsewhere(project, dev)
    assert Clusters(tmp_path / "keys" / "prod", this_machine=tmp_path / "own").is_elsewhere(project, dev)
    assert Clusters(tmp_path / "own", this_machine=tmp_path / "none").is_elsewhere(project, dev)


async def test_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    async with Clusters(tmp_path / "own") as clusters:
        with pytest.raises(CannotDeliver, match="there is no cluster") as caught:
            clusters.client()
        assert caught.value.exit_code == 3
