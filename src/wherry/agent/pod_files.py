"""The small files that every container of a pod sees: /etc/hosts, /etc/resolv.conf, /etc/hostname. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.api.core.pod import Pod

# What glibc and Kubernetes accept.
SEARCHES_MAX = 32
NAMESERVERS_MAX = 3
HOSTNAME_MAX = 63


@dataclass(frozen=True, slots=True)
class ClusterDns:
    """Where the cluster's names are answered."""

    server: str
    domain: str


def hostname_of(pod: Pod) -> str:
    """The pod's host name."""
    name = (pod.spec.hostname or pod.metadata.name)[:HOSTNAME_MAX]
    return name.rstrip("-.")


def full_hostname_of(pod: Pod, domain: str) -> str:
    """Its fully qualified name, or "" when it has no subdomain."""
    if not pod.spec.subdomain:
        return ""
    return f"{hostname_of(pod)}.{pod.spec.subdomain}.{pod.metadata.namespace}.svc.{domain}"


def hosts_file(pod: Pod, pod_ip: str, domain: str, machine_hosts: str = "") -> str:
    """/etc/hosts; on the machine's own network the machine's file with the pod's aliases added."""
    if pod.spec.host_network:
        lines = ["# Kubernetes-managed hosts file (host network).", machine_hosts.rstrip("\n")]
    else:
        names = "\t".join(name for name in (full_hostname_of(pod, domain), hostname_of(pod)) if name)
        lines = [
            "# Kubernetes-managed hosts file.",
            "127.0.0.1\tlocalhost",
            "::1\tlocalhost ip6-localhost ip6-loopback",
            "fe00::\tip6-localnet",
            "fe00::\tip6-mcastprefix",
            "fe00::1\tip6-allnodes",
            "fe00::2\tip6-allrouters",
            f"{pod_ip}\t{names}",
        ]
    if pod.spec.host_aliases:
        lines += ["", "# Entries added by HostAliases."]
        lines += ["\t".join((alias.ip, *alias.hostnames)) for alias in pod.spec.host_aliases]
    return "\n".join(lines) + "\n"


def resolv_conf(pod: Pod, dns: ClusterDns, machine_conf: str) -> str:
    """/etc/resolv.conf as the pod's dnsPolicy and dnsConfig want it."""
    servers, searches, options = _parse(machine_conf)
    policy = pod.spec.dns_policy or "ClusterFirst"
    if policy == "None":
        servers, searches, options = [], [], []
    elif policy == "ClusterFirstWithHostNet" or (policy == "ClusterFirst" and not pod.spec.host_network):
        domain = dns.domain
        cluster = [f"{pod.metadata.namespace}.svc.{domain}", f"svc.{domain}", domain]
        servers, searches, options = [dns.server], [*cluster, *searches], ["ndots:5"]
    if (config := pod.spec.dns_config) is not None:
        servers = [*servers, *config.nameservers]
        searches = [*searches, *config.searches]
        named = {option.partition(":")[0]: option for option in options}
        for option in config.options:
            named[option.name] = f"{option.name}:{option.value}" if option.value else option.name
        options = list(named.values())
    lines = [f"nameserver {server}" for server in list(dict.fromkeys(servers))[:NAMESERVERS_MAX]]
    if searches:
        lines.insert(0, "search " + " ".join(list(dict.fromkeys(searches))[:SEARCHES_MAX]))
    if options:
        lines.append("options " + " ".join(options))
    return "\n".join(lines) + "\n"


def _parse(text: str) -> tuple[list[str], list[str], list[str]]:
    servers: list[str] = []
    searches: list[str] = []
    options: list[str] = []
    for line in text.splitlines():
        word, *rest = line.split() or [""]
        if word == "nameserver" and rest:
            servers.append(rest[0])
        elif word in ("search", "domain"):
            searches = [name for name in rest if name != "."]
        elif word == "options":
            options += rest
    return servers, searches, options
