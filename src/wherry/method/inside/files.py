"""Lists the files that the service could have written, or shows how one ends, or deletes some.

python3 files.py list TOP...       {path: [size, time of the last change in seconds]}
python3 files.py tail SIZE PATH    what was added to a file after its first SIZE bytes
python3 files.py delete PATH...    delete them; says how many were there
"""

from __future__ import annotations

import json
import os
import sys

SYSTEM = ("/proc", "/sys", "/dev")
TAIL_BYTES = 4096


def listed(tops: list[str]) -> dict[str, list[float]]:
    """Regular files that can be written here, and those that a process has open for writing."""
    found: dict[str, list[float]] = {}
    for top in tops:
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if os.path.join(folder, name) not in SYSTEM]
            for name in names:
                add(found, os.path.join(folder, name), os.path.join(folder, name))
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            numbers = os.listdir(f"/proc/{process}/fd")
        except OSError:
            continue
        for number in numbers:
            place = f"/proc/{process}/fd/{number}"
            try:
                target = os.readlink(place)
            except OSError:
                continue
            if target.startswith("/") and not target.startswith(SYSTEM) and is_written(process, number):
                add(found, target.removesuffix(" (deleted)"), place)
    return found


def is_written(process: str, number: str) -> bool:
    """Whether an open file may be written through this descriptor."""
    try:
        with open(f"/proc/{process}/fdinfo/{number}") as file:
            flags = next((line.split()[1] for line in file if line.startswith("flags:")), "0")
    except OSError:
        return False
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def add(found: dict[str, list[float]], path: str, place: str) -> None:
    """Note a file, when it is one and can be written."""
    try:
        if (os.path.islink(place) and not place.startswith("/proc/")) or not os.access(place, os.W_OK):
            return
        status = os.stat(place)
    except OSError:
        return
    if status.st_mode & 0o170000 == 0o100000:
        found[path] = [status.st_size, status.st_mtime]


def tail(size: int, path: str) -> str:
    """What a file has behind its first `size` bytes; "" when that is no text."""
    try:
        with open(path, "rb") as file:
            file.seek(size)
            return file.read(TAIL_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def deleted(paths: list[str]) -> int:
    """Delete what is there; gives how many."""
    count = 0
    for path in paths:
        try:
            os.unlink(path)
            count += 1
        except OSError:
            continue
    return count


def main(task: str, *rest: str) -> None:
    """Do the task, and print its result as JSON."""
    if task == "list":
        print(json.dumps(listed(list(rest))))
    elif task == "tail":
        print(json.dumps(tail(int(rest[0]), rest[1])))
    else:
        print(json.dumps(deleted(list(rest))))


if __name__ == "__main__":
    main(*sys.argv[1:])
