"""A small service in a repository of its own, as a team would have it: a busybox that serves one page."""

from __future__ import annotations

import subprocess
from pathlib import Path

IMAGE = """
name = "greeter"
base = "programs"
programs = ["busybox"]
user = "10001:10001"
entrypoint = ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
[[copy]]
from = "www"
to = "/www"
"""

BASE = """
apiVersion: v1
kind: Service
metadata: {name: greeter}
spec:
  selector: {app: greeter}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: greeter, labels: {app: greeter}}
spec:
  replicas: 1
  selector: {matchLabels: {app: greeter}}
  strategy: {rollingUpdate: {maxSurge: 100%, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: greeter}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: greeter
        image: greeter
        envFrom: [{configMapRef: {name: greeter}}, {secretRef: {name: greeter}}]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
"""

OVERLAY = """
resources: [../../base]
configMapGenerator:
- {name: greeter, literals: [GREETING=hello from ENV]}
secretGenerator:
- {name: greeter, literals: [PASSWORD=ENV-secret]}
generatorOptions: {disableNameSuffixHash: true}
"""

PROJECT = """
name = "greeter"
team = "door"
[environments.dev]
overlay = "deploy/overlays/dev"
[environments.staging]
overlay = "deploy/overlays/staging"
"""


class GreeterRepository:
    """The repository; every method that changes it says whether that is committed."""

    def __init__(self, root: Path) -> None:
        """Write the files and commit them."""
        self.root = root
        (root / "www").mkdir(parents=True)
        self.write("image.toml", IMAGE)
        self.write("www/index.html", "hello\n")
        self.write("wherry.toml", PROJECT)
        self.write("deploy/base/greeter.yaml", BASE)
        self.write("deploy/base/kustomization.yaml", "resources: [greeter.yaml]\n")
        for name in ("dev", "staging"):
            self.write(f"deploy/overlays/{name}/kustomization.yaml", OVERLAY.replace("ENV", name))
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("Greet")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.root, capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout.strip()
