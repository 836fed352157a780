"""What can go wrong for whoever types a command: each with its code and four parts.

    W0101  what happened / what it means / what to do / where to read

`known("W0101", home="~/.wherry")` makes the error. Codes never change their meaning: people search for them.
01 reaching a cluster, 02 what was typed, 03 what the cluster answered, 04 this machine, 05 Wherry itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from wherry.cli.output import Trouble

Speaker = Literal["you", "the masters", "this machine", "the network"]


class Known(NamedTuple):
    """One thing that can go wrong. `read` is a word of the glossary; `who` says so."""

    happened: str
    means: str
    do: str
    read: str
    exit_code: int
    who: Speaker


TROUBLES: Mapping[str, Known] = {
    "W0101": Known(
        "there is no cluster in {home} yet",
        "Nothing has been started in this folder, so there is nobody to ask.",
        "wherry up",
        "cluster",
        3,
        "this machine",
    ),
    "W0102": Known(
        "the API server of {kubeconfig} does not answer ({error})",
        "The cluster is not running, or the network between here and there does not let you through.",
        "wherry status",
        "api server",
        3,
        "the network",
    ),
    "W0103": Known(
        "the kubeconfig {kubeconfig} cannot be used: {error}",
        "The file that says where the cluster is, and who you are, is damaged or of another kind.",
        "wherry kubeconfig",
        "kubeconfig",
        2,
        "you",
    ),
    "W0104": Known(
        "the cluster in {home} is not running",
        "It has been here before, and everything in it is kept; only nobody works on it now.",
        "wherry up",
        "cluster",
        1,
        "this machine",
    ),
    "W0201": Known(
        'there is no kind "{kind}"',
        "The word before the slash says what sort of thing you mean, such as pod or node.",
        "wherry kubectl api-resources",
        "pod",
        2,
        "you",
    ),
    "W0202": Known(
        'the glossary has no word "{word}"',
        "It may be written in another way, or be a name of your own.",
        "{do}",
        "kubernetes",
        2,
        "you",
    ),
    "W0203": Known(
        'nothing here is called "{thing}"',
        "No node, pod, workload or service that you may see has this name.",
        "{do}",
        "picture",
        2,
        "you",
    ),
    "W0204": Known(
        '"{thing}" is {count} different things: {names}',
        "The same name is used in more than one namespace, or by more than one kind.",
        "{do}",
        "namespace",
        2,
        "you",
    ),
    "W0205": Known(
        "{error}",
        "The moment that you named could not be understood.",
        "wherry story --since 10m",
        "story",
        2,
        "you",
    ),
    "W0206": Known(
        "{error}",
        "The masters keep what changed for a while, and forget the oldest first.",
        "wherry changes --since 10m",
        "store",
        1,
        "the masters",
    ),
    "W0207": Known(
        'nobody has marked a moment called "{name}"',
        "A moment with a name exists from when somebody marks it.",
        "wherry mark {name}",
        "story",
        2,
        "you",
    ),
    "W0208": Known(
        "this cluster cannot say how it was",
        "Which state belongs to which time is something that only Wherry's masters remember.",
        "wherry story",
        "store",
        1,
        "the masters",
    ),
    "W0209": Known(
        '"{name}" cannot be the name of a moment',
        "A name has letters or digits.",
        "wherry mark review",
        "story",
        2,
        "you",
    ),
    "W0210": Known(
        "{error}",
        "What was typed is not what the command understands.",
        "{command} --help",
        "kubernetes",
        2,
        "you",
    ),
    "W0211": Known(
        "{what} cannot be undone, and nobody can be asked here",
        "In a terminal Wherry asks first; a script has to say that it means it.",
        "{command} --yes",
        "cluster",
        4,
        "this machine",
    ),
    "W0212": Known(
        "{thing} has no pod",
        "Only programs that run have a log and a shell, and none of it runs.",
        "wherry why {thing}",
        "pod",
        1,
        "the masters",
    ),
    "W0213": Known(
        "the container {container} of pod {pod} has no shell",
        "Its image holds only what its program needs. What it does have can be run, such as its Python.",
        "wherry shell pod/{pod} -n {namespace} -c {container} -- python3",
        "image",
        1,
        "this machine",
    ),
    "W0220": Known(
        "nothing would change",
        "Say what if: a node that goes down, another number of copies, or a file of objects.",
        "wherry what-if --scale web=5",
        "scheduler",
        2,
        "you",
    ),
    "W0221": Known(
        "{file} cannot be read: {error}",
        "A change is written as YAML or JSON, one object after the other, as for kubectl apply.",
        "wherry kubectl apply --dry-run=client -f {file}",
        "manifest",
        2,
        "you",
    ),
    "W0222": Known(
        '"{text}" is no number of copies',
        "It is written as a name, an equals sign and a whole number.",
        "wherry what-if --scale web=5",
        "scale",
        2,
        "you",
    ),
    "W0223": Known(
        "the masters would not come to rest within a minute",
        "The change is very large, or two parts of it undo each other again and again.",
        "wherry what-if --scale web=5",
        "master",
        5,
        "the masters",
    ),
    "W0224": Known(
        "{wanted} copies are more than a trial can hold; it can hold {most}",
        "A trial makes every copy, in the memory of this machine; with more of them it would find no end.",
        "wherry what-if --scale web=100",
        "scale",
        2,
        "you",
    ),
    "W0225": Known(
        "{what}; {environment} is where users are, and nobody can be asked here",
        "In a terminal Wherry asks first; a script has to say that it means it.",
        "{command} --yes",
        "release",
        4,
        "this machine",
    ),
    "W0226": Known(
        "{error}",
        "Messages go to an address of the web. The address itself is not shown here, as it may be a secret.",
        "{do}",
        "cluster",
        2,
        "you",
    ),
    "W0227": Known(
        "nobody has said where messages go",
        "The masters tell an address of the web when something needs help, once they know which.",
        "wherry notify --masters --webhook URL",
        "master",
        2,
        "you",
    ),
    "W0228": Known(
        "{name} has not taken the message: {why}",
        "Whoever reads there hears nothing of this cluster, until the address or what is behind it works again.",
        "{do}",
        "cluster",
        1,
        "the network",
    ),
    "W0229": Known(
        "the masters of this cluster send no messages",
        "Only Wherry's masters send messages; on another cluster a command has to stay and do it.",
        "wherry notify --webhook URL",
        "master",
        1,
        "the masters",
    ),
    "W0301": Known(
        "you may not do this: {error}",
        "The cluster knows who you are, and nobody has given you the right.",
        "{do}",
        "role",
        1,
        "the masters",
    ),
    "W0302": Known(
        "the cluster does not know who you are: {error}",
        "Your certificate or token is missing, has ended, or belongs to another cluster.",
        "wherry kubeconfig",
        "certificate",
        3,
        "the masters",
    ),
    "W0303": Known(
        "the API server answered: {error}",
        "It understood the question and says no; nothing has been changed.",
        "wherry status",
        "api server",
        1,
        "the masters",
    ),
    "W0304": Known(
        "the API server took too long: {error}",
        "It is busy, or something that it has to ask does not answer.",
        "wherry status",
        "api server",
        5,
        "the masters",
    ),
    "W0305": Known(
        "you may not see the pods {where}",
        "Your role shows less than that; a namespace of your own may be open to you.",
        "{do}",
        "role",
        1,
        "the masters",
    ),
    "W0306": Known(
        "you may not see every {kinds}",
        "Without them nobody can say what fits: the room that they take would count as free.",
        "wherry kubectl auth can-i --list",
        "role",
        1,
        "the masters",
    ),
    "W0307": Known(
        "the environment {environment} of {service} is not there yet: no namespace {namespace}",
        "Contracts live in it, and the first release for it makes it; wherry run then starts the service there.",
        "wherry release --env {environment}",
        "namespace",
        1,
        "the masters",
    ),
    "W0308": Known(
        '{what} "{name}"',
        "The name of a contract is that of its two services, the one that needs the other first: web-orders.",
        "{do}",
        "contract",
        2,
        "you",
    ),
    "W0309": Known(
        "{what}",
        "It takes two: a service that has published its promise, and another one that needs something of it.",
        "{do}",
        "contract",
        1,
        "the masters",
    ),
    "W0401": Known(
        "{missing} of {total} checks say that something is missing",
        "Containers cannot run on this machine yet; a cluster of simulated nodes can.",
        "wherry up --no-real-node --simulated-nodes 3",
        "simulated node",
        1,
        "this machine",
    ),
    "W0501": Known(
        "Wherry itself failed: {error}",
        "This is a fault in Wherry and not in what you typed.",
        "report it, with the file {file}",
        "kubernetes",
        1,
        "this machine",
    ),
}

# What an error without a code means, by its exit code.
MEANINGS: Mapping[int, str] = {
    1: "It was not done, or the answer is no; what was there before is still there.",
    2: "What was typed cannot be done as it stands; nothing has been changed.",
    3: "Nobody could be asked; nothing has been changed.",
    4: "It was refused so that nothing is lost.",
    5: "It took too long; it may still come.",
}


def with_all_parts(error: Trouble, command: str) -> Trouble:
    """The same error with four parts: what has no code of its own gets its meaning from the exit code."""
    return Trouble(
        error.message,
        remedy=error.remedy or f"{command} --help",
        exit_code=error.exit_code,
        code=error.code,
        meaning=error.meaning or MEANINGS.get(error.exit_code, MEANINGS[1]),
        read=error.read or f"{command} --help",
        who=error.who or ("you" if error.exit_code == 2 else "this machine"),
    )


def known(code: str, **values: object) -> Trouble:
    """The error of this code, with its holes filled."""
    entry = TROUBLES[code]
    return Trouble(
        entry.happened.format_map(values),
        remedy=entry.do.format_map(values),
        exit_code=entry.exit_code,
        code=code,
        meaning=entry.means,
        read=f"wherry word {entry.read}",
        who=entry.who,
    )
