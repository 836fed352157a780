"""One run of `wherry prove`: the twin's experiments, then what needs no twin; every result is told and kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from wherry import __version__
from wherry.api.method.proof import ProofSpec
from wherry.api.method.release import Release
from wherry.apimachinery.errors import StatusError
from wherry.cli.boards import say_proof
from wherry.cli.delivery.run_stage import find_release
from wherry.cli.judging import agreement_of
from wherry.cli.missing_right import way_to_twins
from wherry.cli.one_codebase import compare_sources
from wherry.cli.output import Trouble, note, progress
from wherry.cli.programs import kubectl_path
from wherry.cli.rebuilding import rebuild
from wherry.cli.termination import end_on_sigterm
from wherry.client.client import Client
from wherry.kit.clock import SystemClock
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.ledger import list_in
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.done.contract_evidence import contract_evidence
from wherry.method.done.proofs import keep_file, keep_proof, make_proof
from wherry.method.done.proving import Bench
from wherry.method.done.repeating import prove_command, repeatable
from wherry.method.done.side_by_side import prove
from wherry.method.evidence.observation import Observation, not_applicable
from wherry.method.evidence.verdict import Verdict, Word, judge
from wherry.method.experiments.connections import look_at_databases
from wherry.method.experiments.experiment import Experiment, remark
from wherry.method.experiments.registry import EXPERIMENTS
from wherry.method.experiments.same_answers import answers_of, compare_answers, typical_answers
from wherry.method.experiments.survey import compare_releases, running_releases
from wherry.method.facts.reading import contracts_of
from wherry.method.journey.script import Journey, JourneyError, first_journey
from wherry.method.project import Environment, Project
from wherry.method.twins.start import NoRoomForTwin, twin_of
from wherry.method.twins.twin import Twin
from wherry.runtime.images.image_store import ImageStore

# What needs no twin: it is read where the service runs, or made anew on this machine.
SURVEYS = ("parity", "codebase", "own-database")
CONTRACTS = ("contract-explicit", "contract-agreed")
KNOWN = (*(entry.criterion for entry in EXPERIMENTS), *SURVEYS, *CONTRACTS)
NO_CATALOGUE = not_applicable("Nobody has published a contract in this cluster, or you may not read them.")


def _quiet(_: str) -> None:
    """Nobody needs to be told how these twins start."""


def is_last(project: Project, environment: str) -> bool:
    """Whether an environment is the end of the way, where users are."""
    return environment == project.last_environment


@dataclass
class ProvingRun:
    """What is to be proved of which project, and what came of it. `tells`: each result as a sentence, as it comes."""

    store: ImageStore
    project: Project
    factor: str | None
    environment: str | None
    release_name: str | None
    tells: bool = True
    clock: SystemClock = field(default_factory=SystemClock)
    verdicts: list[Verdict] = field(default_factory=list)
    may_store: bool = True
    left: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """An unknown factor is the user's typing."""
        if self.factor is not None and self.factor not in KNOWN:
            raise Trouble(f'there is no experiment "{self.factor}"', remedy=f"one of: {', '.join(KNOWN)}", exit_code=2)

    @property
    def refuted(self) -> list[str]:
        """The criteria with a counter-example."""
        return self._judged(Word.REFUTED)

    @property
    def sentence(self) -> str:
        """What came of it: "Proved: 15 of 18. Not shown: parity. Not applicable: contract-agreed."."""
        said = f"Proved: {len(self._judged(Word.PROVED))} of {len(self.verdicts)}."
        found = {word.value: self._judged(word) for word in Word if word is not Word.PROVED}
        return " ".join([said, *(f"{word}: {', '.join(names)}." for word, names in found.items() if names)])

    def _judged(self, word: Word) -> list[str]:
        return [entry.criterion for entry in self.verdicts if entry.word is word]

    def broken_off(self, error: Trouble) -> Trouble:
        """The same trouble; in the middle of a trial with what is left in the cluster, and what is kept."""
        if not self.left and not self.verdicts:
            return error
        said = ["The trial broke off."]
        if self.left:
            count, it = len(self.left), "it" if len(self.left) == 1 else "them"
            said.append(f"Left in the cluster: the namespace{'' if count == 1 else 's'} {', '.join(self.left)}.")
            said.append(f"The next wherry prove takes {it} away.")
        if self.verdicts:
            said.append("The results that were there before are kept in .wherry/local/proofs.")
        return Trouble(error.message, remedy=error.remedy, exit_code=error.exit_code, meaning=" ".join(said))

    async def go(self, clusters: Clusters) -> None:
        """Try, tell and keep. Raises CannotDeliver and CannotTry."""
        client, release = await find_release(clusters, self.project, self.release_name, self.environment)
        chosen = [entry for entry in EXPERIMENTS if self.factor in (None, entry.criterion)]
        if chosen and is_last(self.project, release.spec.environment):
            chosen = self._without_twin(release)
        if chosen:
            await self._with_twin(clusters, client, release, chosen)
        for name in SURVEYS:
            if self.factor in (None, name):
                await self._survey(clusters, client, release, name)
        await self._look_at_contracts(clusters, client, release)
        if not self.may_store:
            note(" You may not store proofs in this cluster; they are kept in .wherry/local/proofs.")

    def _without_twin(self, release: Release) -> list[Experiment]:
        """Where users are, nothing is stopped, killed or written: a twin has that place's settings and secrets."""
        where = release.spec.environment
        if self.factor is not None:
            raise Trouble(
                f"{where} is where users are: nothing is stopped, killed or written with its settings",
                remedy=f"wherry prove {self.factor} --in {self.project.environments[0]}",
                exit_code=4,
            )
        note(f" {where} is where users are: only what reads is tried ({', '.join(SURVEYS)}).")
        return []

    async def _with_twin(
        self, clusters: Clusters, client: Client, release: Release, chosen: Sequence[Experiment]
    ) -> None:
        kubectl = (str(kubectl_path()), *clusters.kubectl_options(self.project, self._place(release)))
        note(f" A twin of {release.name} starts, with an empty database.")
        journey = self._journey()
        end_on_sigterm()

        def say(words: str) -> None:
            note(f"   {words}")

        @asynccontextmanager
        async def open_twin(is_first: bool) -> AsyncIterator[Twin]:
            numbers = agreement_of(self.project.root).thresholds
            async with twin_of(
                client, release, self.project, journey, kubectl, say if is_first else _quiet, self.left.append
            ) as twin:
                twin.start_s_max, twin.share_min = numbers.start_s, numbers.share_min
                yield twin

        async def keep(verdict: Verdict, proof: ProofSpec) -> None:
            await self._keep(client, release, verdict, proof)

        try:
            await prove(open_twin, chosen, Bench(self.clock, __version__, keep, is_named=self.release_name is not None))
        except NoRoomForTwin as error:
            self._say_no_room(error)

    def _say_no_room(self, error: NoRoomForTwin) -> None:
        """Who has only namespaces of their own gets what can be had by reading, and hears what the rest takes."""
        way = way_to_twins(str(error))
        if self.factor is not None:
            raise Trouble(
                f"a twin needs a namespace of its own, and you may not make one: {error}", remedy=way, exit_code=4
            ) from error
        note(
            f" You may not make a namespace for a twin: only what reads is tried ({', '.join((*SURVEYS, *CONTRACTS))})."
        )
        note(f" For the rest, {way}")

    def _journey(self) -> Journey | None:
        try:
            return first_journey(self.project.root, self.project.file.journey)
        except JourneyError as error:
            raise Trouble(str(error), remedy="correct it: wherry demo NAME plays it", exit_code=2) from error

    async def _survey(self, clusters: Clusters, client: Client, release: Release, name: str) -> None:
        """What needs no twin: compare what runs, or build the commit again."""
        started_s, began_s = self.clock.now_s(), self.clock.monotonic_s()
        match name:
            case "parity":
                seen = await self._compare(clusters, client, release)
            case "codebase":
                seen = [*await self._sources(clusters, release), *await self._rebuild(release)]
            case _:
                seen = await self._neighbours(clusters, client, release)
        command = prove_command(name, release, is_named=self.release_name is not None)
        verdict = judge(name, repeatable(seen, name, command), digest=release.spec.digest)
        duration_s = self.clock.monotonic_s() - began_s
        proof = make_proof(
            verdict, release, started_s=started_s, duration_s=duration_s, version=__version__, repeat=command
        )
        await self._keep(client, release, verdict, proof)

    async def _compare(self, clusters: Clusters, client: Client, release: Release) -> list[Observation]:
        running = await self._running(clusters)
        seen = compare_releases(running)
        if not is_last(self.project, release.spec.environment):
            seen += await self._compare_answers(clusters, client, release, running)
        return seen

    async def _running(self, clusters: Clusters) -> dict[str, Release]:
        known = [
            one
            for place in map(self.project.environment, self.project.environments)
            for one in await list_in(clusters.client(self.project, place), place.namespace, self.project.name)
        ]
        return running_releases(known, self.project.environments)

    async def _sources(self, clusters: Clusters, release: Release) -> list[Observation]:
        try:
            running = await self._running(clusters)
            return await compare_sources(self.project, {**running, release.spec.environment: release})
        except (CannotDeliver, StatusError, OSError) as error:
            return [remark(f"From which repository the others come could not be asked: {error}.")]

    async def _compare_answers(
        self, clusters: Clusters, client: Client, release: Release, running: Mapping[str, Release]
    ) -> list[Observation]:
        """Play the journey on a twin of another environment with the same image, and compare."""
        here, journey = release.spec.environment, self._journey()
        there = [
            name
            for name, one in running.items()
            if name != here and one.spec.digest == release.spec.digest and not is_last(self.project, name)
        ]
        if not there or journey is None:
            return [remark("Answers were not compared: no other environment with this image may be tried.")]
        other = self.project.environment(there[0])
        note(f" Twins of {here} and of {there[0]} play the same journey.")
        far = clusters.client(self.project, other)
        try:
            async with (
                twin_of(client, release, self.project, journey, (), _quiet, self.left.append) as one,
                twin_of(far, running[there[0]], self.project, journey, (), _quiet, self.left.append) as two,
            ):
                return compare_answers(await typical_answers(one), await answers_of(two), here, there[0])
        except NoRoomForTwin:
            return [remark("Answers were not compared: you may not make namespaces for twins.")]

    async def _neighbours(self, clusters: Clusters, client: Client, release: Release) -> list[Observation]:
        kubectl = (str(kubectl_path()), *clusters.kubectl_options(self.project, self._place(release)))
        return await look_at_databases(client, release, kubectl)

    def _place(self, release: Release) -> Environment:
        return self.project.environment(release.spec.environment)

    async def _look_at_contracts(self, clusters: Clusters, client: Client, release: Release) -> None:
        """What the catalogue says of them now; it is kept there, and no proof is made of it."""
        chosen = [name for name in CONTRACTS if self.factor in (None, name)]
        if not chosen:
            return
        began_s = self.clock.monotonic_s()
        evidence = await contract_evidence(
            client,
            release,
            self.project.namespaces,
            contracts_of(self.project.root),
            known_ca=clusters.authority(self.project, self._place(release)),
        )
        for name in chosen:
            verdict = judge(name, evidence.get(name, [NO_CATALOGUE]), digest=release.spec.digest)
            self._tell(verdict, self.clock.monotonic_s() - began_s)

    async def _rebuild(self, release: Release) -> list[Observation]:
        return await rebuild(self.project, release, self.store)

    def _tell(self, verdict: Verdict, took_s: float) -> None:
        self.verdicts.append(verdict)
        progress(verdict.criterion, took_s * 1000)
        if self.tells:
            say_proof(verdict)

    async def _keep(self, client: Client, release: Release, verdict: Verdict, proof: ProofSpec) -> None:
        """Tell and store a result as soon as it is there."""
        self._tell(verdict, proof.duration_seconds)
        keep_file(self.project.root, proof)
        self.may_store = await keep_proof(client, release.metadata.namespace, proof) and self.may_store
