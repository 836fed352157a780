"""Two teams with a service each: propose, expose, agree, verify, break it, see who breaks, renegotiate, promote."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suites.running_cluster import IMAGE, RunningCluster, needs_linux

# A service with its database is built, released and promoted, and a twin of it started several times.
pytestmark = [pytest.mark.linux, needs_linux, pytest.mark.timeout(420)]

PROVIDER, CONSUMER = "stock", "shop"
USERS = {PROVIDER: "tess", CONSUMER: "tom"}
NEEDS_WHO_MADE_IT = {
    "consumer": {"name": CONSUMER},
    "provider": {"name": PROVIDER},
    "interactions": [
        {"description": "who made it", "providerStates": [{"name": "a row exists", "params": {"id": 7}}],
         "request": {"method": "GET", "path": "/x/7"},
         "response": {"status": 200, "body": {"made_by": "state"}}},
        {"description": "adds a row", "request": {"method": "POST", "path": "/x", "body": {"item": "tea"}},
         "response": {"status": 201}},
    ],
}  # fmt: skip
NEEDS_THE_ITEM = json.loads(json.dumps(NEEDS_WHO_MADE_IT).replace('{"made_by": "state"}', '{"item": "tea"}'))


@dataclass
class Teams:
    """The cluster, and the repositories of both."""

    cluster: RunningCluster
    home: Path

    def folder(self, service: str) -> Path:
        return self.home / service

    def wherry(self, service: str, *arguments: str, code: int = 0) -> str:
        """As whoever administers the cluster; what it has said."""
        done = self.cluster.wherry(*arguments, check=False, cwd=self.folder(service))
        assert done.returncode == code, f"{arguments}: {done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def contract(self, service: str, *arguments: str, code: int = 0) -> str:
        """As the service's own team, with the rights that it has."""
        who = self.cluster.home / "users" / f"{USERS[service]}.kubeconfig"
        return self.wherry(service, "contract", *arguments, "--kubeconfig", str(who), code=code)

    def state(self, service: str = CONSUMER) -> dict[str, object]:
        who = self.cluster.home / "users" / f"{USERS[service]}.kubeconfig"
        arguments = ("contract", "list", "-o", "json", "--kubeconfig", str(who))
        found = json.loads(self.cluster.wherry(*arguments, check=False, cwd=self.folder(service)).stdout)
        (one,) = found
        assert isinstance(one, dict)
        return one

    def words(self) -> dict[str, str]:
        done = self.cluster.wherry("done", "-o", "json", check=False, cwd=self.folder(PROVIDER))
        return {entry["criterion"]: entry["verdict"] for entry in json.loads(done.stdout)["verdicts"]}

    def done_says(self, criterion: str) -> str:
        """What the board says of a criterion."""
        done = self.cluster.wherry("done", "-o", "json", check=False, cwd=self.folder(PROVIDER))
        return next(str(one) for one in json.loads(done.stdout)["verdicts"] if one["criterion"] == criterion)

    def change(self, service: str, path: str, old: str, new: str) -> None:
        file = self.folder(service) / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def commit(self, service: str) -> None:
        author = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")
        subprocess.run(["git", *author, "commit", "-qam", "Change"], cwd=self.folder(service), check=True)

    def need(self, content: object) -> None:
        (self.folder(CONSUMER) / "contracts" / "needs" / f"{PROVIDER}.json").write_text(json.dumps(content))
        self.commit(CONSUMER)

    def deliver(self, service: str = PROVIDER) -> str:
        said = [self.wherry(service, command) for command in ("build", "release")]
        return "".join([*said, self.wherry(service, "run", "--in", "dev")])

    def ask(self, service: str, path: str) -> object:
        """What a service answers, through the API server."""
        place = f"/api/v1/namespaces/{service}-dev/services/{service}:8080/proxy{path}"
        return json.loads(self.cluster.kubectl("get", "--raw", place).stdout)

    def left_behind(self) -> list[str]:
        spaces = self.cluster.get("namespaces", "-l", f"wherry.dev/task=prove,wherry.dev/service={PROVIDER}")["items"]
        jobs = self.cluster.get("jobs", "-A", "-l", "wherry.dev/task=state")["items"]
        assert isinstance(spaces, list)
        assert isinstance(jobs, list)
        return [one["metadata"]["name"] for one in (*spaces, *jobs) if "deletionTimestamp" not in one["metadata"]]


def entries_of(contract: dict[str, object], name: str) -> list[dict[str, object]]:
    found = contract[name]
    assert isinstance(found, list)
    return found


@pytest.fixture(scope="module")
def teams(cluster: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teams]:
    made = Teams(cluster, tmp_path_factory.mktemp("teams"))
    made.wherry(".", "new", PROVIDER)
    made.wherry(".", "new", CONSUMER, "--with-contract-to", PROVIDER)
    for service, user in USERS.items():
        namespace = f"{service}-dev"
        made.change(service, "contracts/parties.yaml", f"{service}: [{service}]", f"{service}: [{user}]")
        made.commit(service)
        cluster.make_namespace(namespace)
        made.wherry(service, "user", "add", user, "--role", "edit", "--namespace", namespace)
    made.need(NEEDS_WHO_MADE_IT)
    for service in USERS:
        subprocess.run(["sh", "deploy/make-secrets"], cwd=made.folder(service), check=True, capture_output=True)
        made.wherry(service, "image", "build", "database")
        made.deliver(service)
    made.wherry(PROVIDER, "contract", "setup")
    # Each team does its own part, with rights in its own namespace only.
    made.contract(PROVIDER, "expose")
    # Who needs it may not ask what runs elsewhere: that it is due, and whose turn it is, is said.
    assert f"{CONSUMER}-{PROVIDER} could not be tried" in made.contract(CONSUMER, "propose")
    yield made
    for name in (f"{PROVIDER}-dev", f"{PROVIDER}-staging", f"{CONSUMER}-dev"):
        cluster.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


def test_a_contract_is_agreed_verified_broken_and_agreed_again_and_the_gate_follows(teams: Teams) -> None:
    # The consumer is a service of its own, with its own rows.
    assert teams.ask(CONSUMER, "/x") == {"items": []}
    begun = teams.state()
    assert (begun["state"], begun["due"]) == ("Exposed", "It is due: nobody has tried it yet.")

    # They talk about it, and sign what they have said it means.
    contract, place = f"{CONSUMER}-{PROVIDER}", "GET /x/{id} made_by"
    teams.contract(CONSUMER, "comment", contract, "Is that a person?", "--about", place)
    teams.contract(PROVIDER, "comment", contract, "A name; never empty.")
    assert "2 comments are open" in teams.done_says("contract-agreed")
    assert f"Open: {USERS[CONSUMER]} ({CONSUMER}), {place}: Is that a person?" in teams.contract(CONSUMER, "agree")
    teams.contract(PROVIDER, "agree")
    agreed = teams.state()
    assert agreed["state"] == "Agreed"
    assert [one["state"] for one in entries_of(agreed, "comments")] == ["settled", "settled"]
    assert "You have signed" in teams.contract(PROVIDER, "agree")

    # Where people work, nothing is written and no state is brought about; in a twin both are, by promoting it.
    assert "2 requests got what they need" in teams.contract(PROVIDER, "verify", code=1)
    promoted = teams.wherry(PROVIDER, "promote", "dev", "staging")
    assert f"{contract}: Passed. 2 of 2 requests" in promoted
    assert "contract-verified" not in promoted
    assert f"{PROVIDER}-r2 runs in staging" in promoted
    assert (teams.state(PROVIDER)["state"], teams.state()["due"]) == ("Verified", "")
    assert teams.left_behind() == []
    criteria = ("contract-explicit", "contract-exposed", "contract-agreed", "contract-verified")
    assert [teams.words()[name] for name in criteria] == ["Proved"] * 4

    # The provider takes back what the consumer needs: who breaks is said before, and seen after.
    promise = f"contracts/provides/{PROVIDER}.v1.openapi.yaml"
    teams.change(PROVIDER, promise, "        made_by:\n          type: string\n          title: Made By\n", "")
    teams.change(PROVIDER, promise, "      - made_by\n", "")
    teams.change(PROVIDER, f"src/{PROVIDER}/app.py", "    made_by: str\n", "")
    assert f"{CONSUMER} uses it: {CONSUMER} breaks" in teams.wherry(PROVIDER, "breaks", code=1)
    teams.commit(PROVIDER)
    assert "is due and was not tried" in teams.deliver()
    teams.contract(PROVIDER, "expose")
    broken = teams.state()
    assert broken["state"] == "Broken"
    assert "made_by" in str(broken["why"])
    held = teams.wherry(PROVIDER, "promote", "dev", "staging", code=4)
    assert "contract-explicit: Refuted." in held

    # They talk, the consumer needs something else, both sign again, and the release goes on.
    teams.need(NEEDS_THE_ITEM)
    teams.contract(CONSUMER, "propose")
    assert teams.words()["contract-agreed"] == "Refuted"
    assert "the promise and the need have changed since" in teams.contract(CONSUMER, "show", contract)
    for service in (PROVIDER, CONSUMER):
        teams.contract(service, "agree")
    promoted = teams.wherry(PROVIDER, "promote", "dev", "staging")
    assert "Passed. 2 of 2 requests" in promoted
    assert "runs in staging" in promoted
    assert teams.state()["state"] == "Verified"
    shown = teams.cluster.kubectl("get", "contracts", "-A").stdout
    assert [f"{CONSUMER}-{PROVIDER}", CONSUMER, PROVIDER, "Verified", "yes", "yes"] in [
        line.split()[1:7] for line in shown.splitlines()
    ]


def test_a_verification_that_is_interrupted_leaves_neither_twin_nor_job_behind(teams: Teams) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "wherry", "--home", str(teams.cluster.home), "contract", "verify", "--twin"],
        cwd=teams.folder(PROVIDER), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            if f"{PROVIDER}: 1 of 1 pods are ready" in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 143
    assert teams.left_behind() == []


def test_a_twin_asks_a_stand_in_of_its_partner_and_not_the_partner(teams: Teams) -> None:
    journey = teams.folder(CONSUMER) / "journeys" / "do-x.yaml"
    asks = "  - say: The partner knows a row\n    call: GET /partner/77\n    expect: {status: 200}\n"
    journey.write_text(journey.read_text() + asks)
    teams.commit(CONSUMER)
    teams.deliver(CONSUMER)
    real = f"/api/v1/namespaces/{PROVIDER}-dev/services/{PROVIDER}:8080/proxy/x/77"
    assert teams.cluster.kubectl("get", "--raw", real, check=False).returncode, "the partner itself has no such row"
    told = teams.wherry(CONSUMER, "prove", "rest-api")
    assert f"a stand-in answers for {PROVIDER}, from its contract" in told
    assert "REST API present: Proved." in told
    journey.write_text(journey.read_text().removesuffix(asks))
    teams.commit(CONSUMER)


def test_another_workload_on_the_database_is_refuted_by_name(teams: Teams) -> None:
    host = f"{PROVIDER}-db.{PROVIDER}-dev"
    program = f"sleep 600 | nc {host} 5432"
    teams.cluster.kubectl(
        "-n", f"{CONSUMER}-dev", "run", "reports", f"--image={IMAGE}", "--restart=Never",
        "--labels=wherry.dev/service=reports", "--command", "--", "sh", "-c", program,
    )  # fmt: skip
    try:
        teams.cluster.kubectl("-n", f"{CONSUMER}-dev", "wait", "--for=condition=Ready", "pod/reports", "--timeout=30s")
        told = teams.wherry(PROVIDER, "prove", "own-database", code=1)
        assert f"pod {CONSUMER}-dev/reports of reports uses {PROVIDER}-db" in told
        assert teams.words()["own-database"] == "Refuted"
    finally:
        teams.cluster.kubectl("-n", f"{CONSUMER}-dev", "delete", "pod", "reports", "--grace-period=1")
    assert "Own database: Proved." in teams.wherry(PROVIDER, "prove", "own-database")
