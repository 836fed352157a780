"""XII. Admin processes: one-off tasks run from the same release, with the same settings, as the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, not_applicable, supports
from wherry.method.facts.facts import EnvironmentFacts, Facts
from wherry.method.facts.manifests import app_workloads, containers, items, name_of, repository_of, workloads
from wherry.method.facts.reading import goes_in

CRITERION = Criterion(
    "admin",
    "XII",
    "Admin processes",
    "Tasks such as moving the database's tables forward ship with the service, and run in its very environment.",
    "Run admin/management tasks as one-off processes",
)
MIGRATIONS = re.compile(r"(^|/)(migrations|alembic|db/migrate)/")
BY_HAND = re.compile(r"kubectl\s+exec\b.*\b(migrate|psql|manage\.py|seed)\b")


def check(facts: Facts) -> list[Observation]:
    """Are one-off tasks part of the release?"""
    migrations = sorted(name for name in facts.files if MIGRATIONS.search(name))
    found = [*_check_commands(facts), *_check_migrations(facts, migrations)]
    found += [entry for environment in facts.rendered for entry in _check_jobs(environment)]
    found += _check_by_hand(facts)
    if found:
        return found
    if facts.admin:
        return [supports(f"{', '.join(facts.admin)}: declared, and part of the image.", "wherry.toml")]
    if migrations:
        return [
            doubt(
                "There are migrations, but no admin command runs them.", migrations[0], fix="add [admin] to wherry.toml"
            )
        ]
    return [not_applicable("The service has no one-off tasks.")]


def _check_commands(facts: Facts) -> Iterator[Observation]:
    names = {module.name for module in facts.modules}
    tops = {name.split(".")[0] for name in names}
    for task, argv in facts.admin.items():
        module = next((word for flag, word in pairwise(argv) if flag == "-m"), "")
        script = next((word for word in argv if word.endswith((".py", ".sh"))), "")
        if module and module.split(".")[0] in tops and not {module, f"{module}.__main__"} & names:
            yield _missing(task, module)
        elif script and not module and not _in_image(facts, script):
            yield _missing(task, script)


def _missing(task: str, what: str) -> Observation:
    return against(
        f"The task {task} needs {what}, which is not in the image: it can only run from somebody's own machine.",
        "wherry.toml",
        fix=f"move it into the service's code, so that the image has it (or copy {what} in image.toml)",
        repeat=f"grep -n {task} wherry.toml image.toml",
    )


def _in_image(facts: Facts, script: str) -> bool:
    name = script.rpartition("/")[2]
    return any(path.rpartition("/")[2] == name and goes_in(path, facts.image) for path in facts.files)


def _check_migrations(facts: Facts, migrations: list[str]) -> Iterator[Observation]:
    if migrations and facts.image is not None and not goes_in(migrations[0], facts.image):
        folder = migrations[0].rpartition("/")[0]
        yield against(
            f"The migrations in {folder} are not part of the image: the release cannot move its own tables forward.",
            facts.image.path,
            fix=f"copy {folder} in image.toml",
            repeat=f"ls {folder}; grep -nE '^from|^COPY' {facts.image.path}",
        )


def _check_jobs(environment: EnvironmentFacts) -> Iterator[Observation]:
    own = {str(entry.get("image")) for _, spec in app_workloads(environment) for entry in containers(spec)}
    repositories = {repository_of(image): image for image in own}
    for document, spec in workloads(environment, "Job", "CronJob"):
        for container in containers(spec):
            image = str(container.get("image"))
            released = repositories.get(repository_of(image))
            if released is not None and image != released:
                yield against(
                    f"{name_of(document)} runs {image}, but the service runs {released} ({environment.name}): the task"
                    " belongs to another release.",
                    environment.overlay,
                    fix=f"run it from {released} too: one release, one image",
                    repeat=f"grep -rn 'image:' {environment.overlay.split('/')[0]}",
                )
        uses_own = any(repository_of(str(entry.get("image"))) in repositories for entry in items(spec, "containers"))
        if own and not uses_own:
            yield doubt(f"{name_of(document)} runs another image than the service.", environment.overlay)


def _check_by_hand(facts: Facts) -> Iterator[Observation]:
    for file in facts.texts:
        for number, line in enumerate(file.text.splitlines(), 1):
            if file.path.endswith((".md", ".sh", "")) and BY_HAND.search(line):
                yield doubt(
                    "A task is run by hand, inside of a running copy.",
                    f"{file.path}:{number}",
                    fix="make it an admin command, which runs as a Job from the same release",
                )


ADMIN_PROCESSES = Factor(CRITERION, check)
