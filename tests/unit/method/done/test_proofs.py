"""Proofs that are kept beside the code."""

from __future__ import annotations

from pathlib import Path

import msgspec
import yaml

from suites.played_twin import played_twin
from wherry.api.method.proof import ProofObservation, ProofRun, ProofSpec, ProofTimeline
from wherry.method.crds import definition
from wherry.method.done.proofs import (
    EARLIER_MAX,
    FOLDER,
    after,
    keep_file,
    make_proof,
    observations_of,
    read_files,
)
from wherry.method.evidence.observation import Method, against
from wherry.method.evidence.verdict import judge

SIN = against("It writes a file.", "src/app.py:3", fix="print")


def test_a_proof_that_is_kept_is_read_again_as_it_was(tmp_path: Path) -> None:
    verdict = judge("logs", [SIN], digest="sha256:" + "a" * 64)
    proof = make_proof(verdict, played_twin().release, started_s=0, duration_s=1.5, version="1")
    keep_file(tmp_path, proof)
    (tmp_path / FOLDER / "broken.json").write_text("{")
    assert read_files(tmp_path) == [proof]
    assert observations_of(proof) == [SIN]
    assert SIN.method is Method.STATIC
    assert proof.repeat == "wherry prove logs --in dev"


def test_the_definition_knows_every_field_of_a_proof() -> None:
    document = yaml.safe_load(yaml.safe_dump(definition("proofs")))
    spec = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]

    def camel(name: str) -> str:
        head, *rest = name.split("_")
        return head + "".join(part.capitalize() for part in rest)

    assert set(spec) == {camel(name) for name in ProofSpec.__struct_fields__}
    assert set(spec["observations"]["items"]["properties"]) == set(ProofObservation.__struct_fields__)
    assert set(spec["timeline"]["properties"]) == {camel(name) for name in ProofTimeline.__struct_fields__}
    assert set(spec["earlier"]["items"]["properties"]) == set(ProofRun.__struct_fields__)


def tried(word: str, at_s: float, build: str = "a") -> ProofSpec:
    verdict = judge("logs", [SIN], digest="sha256:" + build * 64)
    proof = make_proof(verdict, played_twin().release, started_s=at_s, duration_s=1.5, version="1")
    return msgspec.structs.replace(proof, verdict=word, digest="sha256:" + build * 64)


def test_a_proof_remembers_how_earlier_trials_of_the_same_image_ended(tmp_path: Path) -> None:
    for number, word in enumerate(("Proved", "Refuted", "Proved")):
        keep_file(tmp_path, tried(word, number * 60.0))
    (kept,) = read_files(tmp_path)
    assert [one.verdict for one in kept.earlier] == ["Proved", "Refuted"]
    assert after(tried("Proved", 300.0, "b"), kept).earlier == ()
    for number in range(EARLIER_MAX + 5):
        kept = after(tried("Proved", 1000.0 + number), kept)
    assert len(kept.earlier) == EARLIER_MAX
