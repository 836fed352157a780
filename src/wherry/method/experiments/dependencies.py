"""II, live: every module of the service can be imported in its own container, which holds nothing else."""

from __future__ import annotations

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, remark, shown
from wherry.method.experiments.journey import play
from wherry.method.experiments.twin import Twin

IMPORT_ALL = """
import importlib, os, shutil, sys
tops = [p for p in os.environ.get('PYTHONPATH', '').split(':') + [os.getcwd()] if p and p != '/opt/deps']
names = []
for top in tops:
    for folder, folders, files in os.walk(top):
        folders[:] = [f for f in folders if f.isidentifier() and os.path.exists(os.path.join(folder, f, '__init__.py'))]
        for file in files:
            if file.endswith('.py') and file != '__main__.py':
                parts = os.path.relpath(os.path.join(folder, file), top)[:-3].split(os.sep)
                if len(parts) > 1 or folder == top:
                    names.append('.'.join(p for p in parts if p != '__init__'))
count = 0
for name in sorted({n for n in names if n}):
    try:
        importlib.import_module(name)
        count += 1
    except ImportError as error:
        print('MISSING', name, error)
    except BaseException:
        pass
print('COUNT', count)
print('TOOLS', ' '.join(t for t in ('sh', 'bash', 'curl', 'wget', 'gcc', 'apt-get', 'pip') if shutil.which(t)))
"""


async def run(twin: Twin) -> list[Observation]:
    """Does everything import where only that is which was declared?"""
    (pod,) = await twin.scale(1)
    done = await twin.execute(pod.metadata.name, IMPORT_ALL)
    if done is None or done.exit_code:
        return [open_question("The container cannot be looked into (no python3 in the image, or no exec).")]
    lines = [line.split(maxsplit=2) for line in done.stdout.decode("utf-8", "replace").splitlines() if line]
    missing = [line for line in lines if line[0] == "MISSING"]
    if missing:
        return [
            refuted(
                f"In its own container {missing[0][1]} cannot be imported: {missing[0][-1]}.",
                "dependencies",
                fix="declare what it needs in pyproject.toml, and lock again",
            )
        ]
    count = next((line[1] for line in lines if line[0] == "COUNT"), "0")
    tools = next((" ".join(line[1:]) for line in lines if line[0] == "TOOLS"), "")
    found = [remark(f"The image holds programs beside Python: {tools}.")] if tools else []
    if twin.journey is not None:
        played = await play(twin.journey, twin.ask_service)
        if played.trouble:
            return [open_question(f"All modules can be imported, but the journey does not pass: {played.trouble}.")]
    return [
        shown(f"All {count} modules can be imported in the service's own image, and the journey passes there."),
        *found,
    ]


DEPENDENCIES = Experiment("dependencies", run)
