"""How a pod ends: its containers together, then its sidecars, then its sandbox, volumes and object.

Pure, as pod_state.py, of which it is the second half. The order matters to people: the pod's object is
removed last, so that whoever sees it gone knows that nothing of it is left on the node.
"""

from __future__ import annotations

from wherry.agent import pod_events as e
from wherry.agent.container_record import ALIVE, ContainerRecord, Role, Stage
from wherry.agent.pod_facts import Ending, PodFacts
from wherry.agent.whys import why_ending


def advance_ending(state: PodFacts, ending: Ending) -> None:
    """Ask for the next things to do until nothing of the pod is left."""
    if _stop_containers(state, ending):
        return
    if Stage.STARTING in (state.sandbox, state.volumes):
        return  # what is being made is removed when it is there
    if not ending.told_final:
        ending.told_final = True
        state.report()
    if not ending.released or (ending.forgets and not ending.asked_to_forget):
        ending.released, ending.asked_to_forget, ending.cleaning = True, ending.forgets, False
        state.sandbox = Stage.PULLING  # being removed
        state.out.append(e.RemoveSandbox(ending.forgets))
        return
    if state.sandbox is not Stage.EXITED:
        return
    if not ending.cleaning:
        ending.cleaning = True
        state.volumes = Stage.PULLING
        state.out.append(e.CleanUp(ending.asked_to_forget))
        return
    if state.volumes is Stage.EXITED and ending.forgets and not ending.done:
        ending.done = True
        state.out.append(e.DeletePodObject() if ending.cause == "deleted" else e.Forget())
    elif ending.done and ending.cause == "gone" and e.Forget() not in state.out:
        state.out.append(e.Forget())


def _stop_containers(state: PodFacts, ending: Ending) -> bool:
    """Stop what runs, sidecars last and one by one; whether something still lives."""
    alive = [record for record in state.records.values() if record.stage in ALIVE]
    sidecars = [record for record in alive if record.role is Role.SIDECAR]
    guests = [record for record in alive if record.role is Role.EPHEMERAL]
    first = [record for record in alive if record not in sidecars and record not in guests]
    # Whoever still looks into the pod holds up no sidecar.
    batch = [*(first or sidecars[-1:]), *guests]
    if not ending.announced:
        ending.announced = True
        probed = (r for r in alive if r.container_id and r.role is not Role.SIDECAR)
        state.out.extend(e.StopProbes(record.name) for record in probed if ending.forgets)
    for record in batch:
        _stop_one(state, ending, record)
    return bool(alive)


def _stop_one(state: PodFacts, ending: Ending, record: ContainerRecord) -> None:
    if record.stop_sent or not record.container_id:
        return  # it is on its way, or not there yet
    if not record.stopping:
        record.stopping = True
        state.emit("Killing", f"Stopping container {record.name}", record.name, why=why_ending(ending))
        state.stop(record, ending.left_s(state.now))
    else:
        record.stop_sent = True
        state.out.append(e.StopContainer(record.name, record.container_id, ending.left_s(state.now)))
