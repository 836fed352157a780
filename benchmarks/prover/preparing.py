"""An application is made: generated, changed by its patches, agreed upon with its partner, built, released, run."""

from __future__ import annotations

import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from benchmarks.prover.applications import Application, commit
from benchmarks.prover.command import SPACES, Wherry

SERVICE = "orders"
# Images have one name in all applications, and the last build has it: nobody else builds until it is released.
BUILDING = threading.Lock()
OVERLAYS = Path("deploy") / "overlays"


def space(application: Application) -> str:
    """What its namespaces begin with, beside the environment: applications must not be compared with each other."""
    return f"{SPACES}{re.sub('[^a-z0-9]+', '-', application.name)}-"


@dataclass
class Maker:
    """Makes one application in a folder."""

    wherry: Wherry
    application: Application
    folder: Path

    def make(self) -> Path:
        """Make it; gives the service's repository. Raises RuntimeError."""
        service = self._generate(SERVICE)
        partner = self.application.partner
        if partner:
            self._generate(partner, "--with-contract-to", SERVICE)
            self._make_namespaces(SERVICE, partner)
            self._sign_in(SERVICE, partner)
        for change in self.application.changes:
            if change.signed == "before":
                self._publish(partner)
                self._sign(partner)
            change.apply(service)
            if partner:
                self._publish(partner)
            if change.signed == "after":
                self._sign(partner)
        self._release(service)
        if not partner:
            self._expose()
        return service

    def _generate(self, name: str, *options: str) -> Path:
        """A skeleton whose namespaces have names of their own."""
        folder = self.folder / name
        self.wherry("new", name, "--into", str(folder), *options, cwd=self.folder)
        prefix = space(self.application)
        for file in (folder / OVERLAYS).glob("*/*.yaml"):
            file.write_text(re.sub(rf"\b{name}-(dev|staging|prod)\b", rf"{prefix}\g<0>", file.read_text()))
        settings = folder / "wherry.toml"
        lines = rf'\g<0>\nnamespace = "{prefix}{name}-\1"'
        settings.write_text(re.sub(r'overlay = "deploy/overlays/(\w+)"', lines, settings.read_text()))
        commit(folder)
        return folder

    def _sign_in(self, *users: str) -> None:
        for user in users:
            if not (self.wherry.home / "users" / f"{user}.kubeconfig").is_file():
                self.wherry("user", "add", user, "--role", "cluster-admin", cwd=self.folder)

    def _make_namespaces(self, *services: str) -> None:
        for service in services:
            name = f"{space(self.application)}{service}-dev"
            self.wherry("kubectl", "create", "namespace", name, cwd=self.folder, check=False)

    def _publish(self, partner: str) -> None:
        home = f"{space(self.application)}{SERVICE}-dev"
        self.wherry("contract", "expose", cwd=self.folder / SERVICE)
        self.wherry("contract", "propose", "--provider-namespace", home, cwd=self.folder / partner)

    def _expose(self) -> None:
        """Publish the promise of what runs, as its team does; without it nobody could find it, and C2 is not shown."""
        can_be_read = self.application.sin != "contract-explicit"
        self.wherry("contract", "expose", cwd=self.folder / SERVICE, check=can_be_read)

    def _sign(self, partner: str) -> None:
        for team in (SERVICE, partner):
            who = self.wherry.home / "users" / f"{team}.kubeconfig"
            self.wherry("contract", "agree", "--kubeconfig", str(who), cwd=self.folder / team)

    def _release(self, service: Path) -> None:
        subprocess.run(["sh", "deploy/make-secrets"], cwd=service, check=True, capture_output=True)
        with BUILDING:
            self.wherry("image", "build", "database", cwd=service)
            self.wherry("build", "--allow-dirty", cwd=service)
            self.wherry("release", "--env", "dev", "--allow-dirty", cwd=service)
        before = ""
        for name in self.application.environments:
            if before:
                self.wherry("promote", before, name, cwd=service)
            else:
                self.wherry("run", "--in", name, cwd=service)
            before = name
