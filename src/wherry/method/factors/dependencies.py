"""II. Dependencies: everything that the code leans on is declared, locked, and brought along."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, note, supports
from wherry.method.facts.code import Import, calls, imports
from wherry.method.facts.dependencies import normalise
from wherry.method.facts.facts import Facts
from wherry.method.inside.imports import started_program

CRITERION = Criterion(
    "dependencies",
    "II",
    "Dependencies",
    "The service says exactly what it needs, and brings it along: nothing is expected to be on the machine already.",
    "Explicitly declare and isolate dependencies",
)
# Where the name in `import` and the name on the index differ.
DISTRIBUTIONS = {
    "yaml": "pyyaml", "PIL": "pillow", "jwt": "pyjwt", "cv2": "opencv-python", "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil", "sklearn": "scikit-learn", "dotenv": "python-dotenv", "attr": "attrs",
    "OpenSSL": "pyopenssl", "serial": "pyserial", "Crypto": "pycryptodome", "MySQLdb": "mysqlclient",
    "psycopg2": "psycopg2-binary", "multipart": "python-multipart", "markdown_it": "markdown-it-py",
}  # fmt: skip
PYTHON = frozenset({"python", "python3", "pip", "pip3"})


def check(facts: Facts) -> list[Observation]:
    """Is everything declared and locked that the code imports or starts?"""
    if not facts.modules:
        return [doubt("There is no Python code here to look at.")]
    found = [*_check_lock(facts), *_check_imports(facts), *_check_programs(facts)]
    if not any(entry.weight.value in ("against", "doubt") for entry in found):
        count = len(facts.dependencies.locked)
        found.insert(0, supports(f"All imports are declared, and {count} packages are locked with their hashes."))
    return found


def _check_lock(facts: Facts) -> Iterator[Observation]:
    dependencies = facts.dependencies
    if not dependencies.lock_path:
        if dependencies.declared:
            yield against(
                "Dependencies are declared, but their versions are locked nowhere: tomorrow's build may be another.",
                dependencies.declared_at,
                fix="uv pip compile --universal --generate-hashes -o requirements.lock pyproject.toml",
            )
        return
    loose = next((entry for entry in dependencies.locked if not (entry.exact and entry.hashed)), None)
    if loose is not None:
        missing = "has no exact version" if not loose.exact else "has no hash"
        yield against(
            f"{loose.name} {missing} in {dependencies.lock_path}: two builds of one commit may differ.",
            loose.where,
            fix=f"uv pip compile --universal --generate-hashes -o {dependencies.lock_path} pyproject.toml",
        )
    locked = {entry.name for entry in dependencies.locked}
    for name in sorted(dependencies.declared - locked):
        yield against(
            f"{name} is declared, but {dependencies.lock_path} does not have it: the image is built without it.",
            dependencies.declared_at,
            fix=f"uv pip compile --universal --generate-hashes -o {dependencies.lock_path} pyproject.toml",
            repeat=f"grep -n {name} {dependencies.declared_at} {dependencies.lock_path}",
        )


def _check_imports(facts: Facts) -> Iterator[Observation]:
    known = {entry.name for entry in facts.dependencies.locked} | facts.dependencies.declared
    files = {module.path.rpartition("/")[2].removesuffix(".py") for module in facts.modules}
    foreign: dict[str, Import] = {}
    used = set()
    for module in facts.modules:
        for entry in imports(module):
            own = entry.name in facts.packages or entry.name in files or entry.relative
            if own or entry.name in sys.stdlib_module_names:
                continue
            distribution = _distribution(entry.name, known)
            used.add(distribution)
            if not distribution and (entry.name not in foreign or foreign[entry.name].optional):
                foreign[entry.name] = entry
    # A declared distribution that nothing imports by its own name may be the one that provides the import.
    unexplained = facts.dependencies.declared - used
    for name, entry in foreign.items():
        if entry.optional:
            yield note(f"{name} is optional: the code goes on without it.", entry.where)
        elif unexplained:
            yield doubt(f"{name} is imported, and no dependency has that name.", entry.where)
        else:
            yield against(
                f"The code imports {name}, but no declared dependency provides it: it runs only where somebody has"
                " installed that by hand.",
                entry.where,
                fix=f"add {name} to [project] dependencies in pyproject.toml and lock again",
            )
    yield from _check_indirect(facts, used)


def _check_indirect(facts: Facts, used: set[str]) -> Iterator[Observation]:
    if not facts.dependencies.declared:
        return
    for name in sorted(used - facts.dependencies.declared - {""}):
        yield note(f"{name} comes only along with another dependency; declare it, since the code imports it.")


def _distribution(name: str, known: set[str] | frozenset[str]) -> str:
    for candidate in (DISTRIBUTIONS.get(name, name), name):
        if normalise(candidate) in known:
            return normalise(candidate)
    wanted = normalise(name)
    return next((entry for entry in sorted(known) if entry in (f"python-{wanted}", f"py{wanted}", f"{wanted}-py")), "")


def _check_programs(facts: Facts) -> Iterator[Observation]:
    brought = set(facts.image.programs) | set(facts.image.packages) if facts.image is not None else set()
    names = {entry.rpartition("/")[2] for entry in brought}
    for module in facts.modules:
        looked_for = {call.literal(0) for call in calls(module) if call.name == "shutil.which"}
        for call in calls(module):
            program = started_program(call.name, call.node).rpartition("/")[2]
            if not program or program in PYTHON or program in names or (facts.files and program in facts.files):
                continue
            if call.optional or program in looked_for:
                yield note(f"{program} is used when it is there; the code goes on without it.", call.where)
                continue
            yield against(
                f"The code starts the program {program}, which the image does not bring along.",
                call.where,
                fix=f'do it in Python, or add programs = ["{program}"] to image.toml',
            )


DEPENDENCIES = Factor(CRITERION, check)
