"""One trial: the experiments on a fresh twin, and then the board."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.prover.applications import ALL
from benchmarks.prover.command import Wherry
from benchmarks.prover.results import REFUTED, Trial

PROOFS = Path(".wherry") / "local" / "proofs"
# What the catalogue of contracts says is looked up for each board, and kept in no proof.
WITHOUT_PROOF = frozenset(("contract-explicit", "contract-agreed"))


def try_once(wherry: Wherry, folder: Path, trial: Trial) -> None:
    """Prove, and read the board; what comes of it is put into the trial."""
    began_s = time.monotonic()
    # A proof that is left over from before must not speak for this time.
    shutil.rmtree(folder / PROOFS, ignore_errors=True)
    try:
        proved = wherry.run("prove", *filter(None, [trial.criterion]), "--in", "dev", cwd=folder)
        board = json.loads(wherry("done", "-o", "json", "--in", "dev", cwd=folder, check=False))
        verdicts = [one for one in board["verdicts"] if trial.criterion in (ALL, one["criterion"])]
        trial.words = {one["criterion"]: one["verdict"] for one in verdicts}
        trial.says = next((one["says"] for one in verdicts if one["criterion"] == trial.sin), "")
        if not trial.says:
            trial.says = next((one["says"] for one in verdicts if one["verdict"] == REFUTED), "")
        trial.live = _words_of_experiments(folder).get(trial.criterion, "")
        if trial.criterion not in WITHOUT_PROOF and not _words_of_experiments(folder):
            trial.trouble = f"nothing was tried live: {_complaint(proved.stderr)}"
    except (RuntimeError, subprocess.SubprocessError, ValueError) as error:
        trial.trouble = str(error)[-300:]
    trial.took_s = round(time.monotonic() - began_s, 1)


def _words_of_experiments(folder: Path) -> dict[str, str]:
    """The word of each experiment that was made just now."""
    proofs = [json.loads(path.read_text()) for path in (folder / PROOFS).glob("*.json")]
    return {str(proof["criterion"]): str(proof["verdict"]) for proof in proofs}


def _complaint(stderr: str) -> str:
    """What went wrong, without the progress before it."""
    return stderr.partition("✗")[2].strip()[:300] or stderr.strip()[-300:]
