"""What people do with kubectl all day, on a real cluster with real containers."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from suites.running_cluster import IMAGE, RunningCluster, needs_linux

KUBECTL = Path(sys.executable).parent / "kubectl"
pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]


def web(text: str, replicas: int = 2) -> str:
    """A small web server as plain manifests."""
    return f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: page}}
data: {{index.html: "{text}"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, labels: {{app: web}}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web, release: "{text}"}}}}
    spec:
      terminationGracePeriodSeconds: 1
      volumes: [{{name: page, configMap: {{name: page}}}}]
      initContainers: [{{name: first, image: "{IMAGE}", command: [sh, -c, "echo prepared"]}}]
      containers:
      - name: c
        image: "{IMAGE}"
        command: [sh, -c, "echo started $WHO; exec httpd -f -p 8080 -h /page"]
        env: [{{name: WHO, value: "{text}"}}, {{name: ME, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}]
        ports: [{{name: http, containerPort: 8080}}]
        volumeMounts: [{{name: page, mountPath: /page}}]
        readinessProbe: {{httpGet: {{path: /index.html, port: http}}, periodSeconds: 1}}
        resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{memory: 64Mi}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: http}}]}}
"""


def pod(name: str, script: str, **spec: object) -> str:
    container = {"name": "c", "image": IMAGE, "command": ["sh", "-c", script]}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [container], **spec},
        }
    )


def test_an_application_is_rolled_out_changed_and_rolled_back(cluster: RunningCluster, namespace: str) -> None:
    def k(*arguments: str, text: str | None = None) -> str:
        return cluster.kubectl("-n", namespace, *arguments, text=text).stdout

    k("apply", "-f", "-", text=web("one"))
    assert "successfully rolled out" in k("rollout", "status", "deploy/web", "--timeout=50s")
    assert "unchanged" in k("apply", "-f", "-", text=web("one"))
    first = k("get", "pod", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}")
    assert k("logs", first, "-c", "c") == "started one\n"
    assert k("logs", first, "-c", "first") == "prepared\n"
    assert k("exec", first, "-c", "c", "--", "sh", "-c", "echo $ME").strip() == first
    assert k("exec", first, "-c", "c", "--", "curl", "-s", "-m", "5", "http://web") == "one"
    assert (
        k("exec", first, "-c", "c", "--", "curl", "-s", "-m", "5", f"http://web.{namespace}.svc.cluster.local") == "one"
    )
    k("apply", "-f", "-", text=web("two", replicas=3))
    k("rollout", "status", "deploy/web", "--timeout=50s")
    assert "REVISION" in k("rollout", "history", "deploy/web")
    k("rollout", "undo", "deploy/web")
    k("rollout", "status", "deploy/web", "--timeout=50s")
    assert k("get", "deploy", "web", "-o", "jsonpath={.spec.template.metadata.labels.release}") == "one"
    k("delete", "deploy", "web")
    k("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=30s")


def test_exec_passes_input_output_and_the_exit_code(cluster: RunningCluster, namespace: str) -> None:
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=pod("shell", "sleep 1000"))
    cluster.kubectl("-n", namespace, "wait", "pod/shell", "--for=condition=Ready", "--timeout=30s")
    echo = cluster.kubectl("-n", namespace, "exec", "-i", "shell", "--", "cat", text="from stdin\n")
    assert echo.stdout == "from stdin\n"
    failed = cluster.kubectl("-n", namespace, "exec", "shell", "--", "sh", "-c", "exit 3", check=False)
    assert failed.returncode == 3


def test_a_terminal_shows_everything_and_has_the_size_of_the_users_own(cluster: RunningCluster, namespace: str) -> None:
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=pod("shell", "sleep 1000"))
    cluster.kubectl("-n", namespace, "wait", "pod/shell", "--for=condition=Ready", "--timeout=30s")
    kubectl = f"{KUBECTL} --kubeconfig {cluster.kubeconfig} -n {namespace}"
    typed = f"stty rows 33 cols 99; {kubectl} exec -it shell -- sh -c 'tty; stty size; exit 5'"
    done = subprocess.run(
        ["script", "-qec", typed, "/dev/null"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 5
    # script, which has no keyboard here, may type its end of input (^@) in between.
    assert "/dev/pts/0\n33 99\n" in done.stdout.replace("^@", "")


def test_run_with_rm_shows_the_output_and_gives_the_exit_code_of_the_pod(
    cluster: RunningCluster, namespace: str
) -> None:
    done = cluster.kubectl(
        "-n", namespace, "run", "once", f"--image={IMAGE}", "--rm", "-i", "--restart=Never", "--",
        "sh", "-c", "cat; sleep 0.3; exit 3", text="hello\n", check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stdout.startswith("hello\n")
    assert "couldn't attach" not in done.stderr


def test_a_port_of_a_pod_is_forwarded_to_this_machine(cluster: RunningCluster, namespace: str) -> None:
    script = "mkdir /tmp/w; head -c 3000000 /dev/zero > /tmp/w/big; exec httpd -f -p 8080 -h /tmp/w"
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=pod("web", script))
    cluster.kubectl("-n", namespace, "wait", "pod/web", "--for=condition=Ready", "--timeout=30s")
    argv = [str(KUBECTL), "--kubeconfig", str(cluster.kubeconfig), "-n", namespace, "port-forward", "pod/web", ":8080"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as forward:
        assert forward.stdout is not None
        address = forward.stdout.readline().split()[2]
        try:
            for _ in range(2):
                with urllib.request.urlopen(f"http://{address}/big", timeout=10) as answer:
                    assert len(answer.read()) == 3_000_000
        finally:
            forward.terminate()


def test_who_may_not_is_told_so(cluster: RunningCluster, namespace: str) -> None:
    refused = cluster.kubectl("-n", namespace, "get", "pods", "--as=bob", check=False)
    assert 'User "bob" cannot list resource "pods"' in refused.stderr
    server_side = ("apply", "--server-side", "--as=bob", "-f", "-")
    refused = cluster.kubectl("-n", namespace, *server_side, text=pod("new", "true"), check=False)
    assert 'User "bob" cannot patch resource "pods"' in refused.stderr


def test_a_claims_data_outlives_the_pod_and_goes_with_the_claim(cluster: RunningCluster, namespace: str) -> None:
    def k(*arguments: str, text: str | None = None) -> str:
        return cluster.kubectl("-n", namespace, *arguments, text=text).stdout

    container = {
        "name": "c", "image": IMAGE, "command": ["sh", "-c", "hostname >> /data/f; exec sleep 1000"],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }  # fmt: skip
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    spec = {
        "serviceName": "db",
        "selector": {"matchLabels": {"app": "db"}},
        "template": {
            "metadata": {"labels": {"app": "db"}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
        },
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
    }
    stateful_set = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec}
    k("create", "-f", "-", text=json.dumps(stateful_set))
    k("rollout", "status", "sts/db", "--timeout=30s")
    uid = k("get", "pod", "db-0", "-o", "jsonpath={.metadata.uid}")
    k("delete", "pod", "db-0")
    k("rollout", "status", "sts/db", "--timeout=30s")
    assert k("get", "pod", "db-0", "-o", "jsonpath={.metadata.uid}") != uid
    assert k("exec", "db-0", "--", "cat", "/data/f") == "db-0\ndb-0\n"
    volume = k("get", "pvc", "data-db-0", "-o", "jsonpath={.spec.volumeName}")
    k("delete", "sts", "db")
    k("delete", "pvc", "data-db-0", "--timeout=20s")
    k("wait", f"pv/{volume}", "--for=delete", "--timeout=20s")


def test_a_crashing_container_is_started_again_and_keeps_its_last_words(
    cluster: RunningCluster, namespace: str
) -> None:
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=pod("crash", "echo last words; exit 7"))
    restarted = "--for=jsonpath={.status.containerStatuses[0].restartCount}=1"
    cluster.kubectl("-n", namespace, "wait", "pod/crash", restarted, "--timeout=30s")
    assert (
        cluster.jsonpath("pod/crash", "{.status.containerStatuses[0].lastState.terminated.exitCode}", namespace) == "7"
    )
    assert cluster.kubectl("-n", namespace, "logs", "crash", "--previous").stdout == "last words\n"
    why = cluster.wherry("why", "pod/crash", "-n", namespace).stdout
    assert "Container c ended with exit code 7." in why
    assert "Its last words: last words" in why
    assert "Nobody here knows this way to crash" in why


def test_a_pod_that_fits_nowhere_says_why(cluster: RunningCluster, namespace: str) -> None:
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=pod("nowhere", "true", nodeSelector={"no": "such"}))
    cluster.kubectl("-n", namespace, "wait", "pod/nowhere", "--for=condition=PodScheduled=False", "--timeout=30s")
    message = cluster.jsonpath("pod/nowhere", "{.status.conditions[?(@.type=='PodScheduled')].message}", namespace)
    assert message.startswith("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector")
    why = cluster.wherry("why", "pod/nowhere", "-n", namespace).stdout
    assert "no node can take it" in why


def test_a_pod_without_its_image_says_so_and_starts_once_it_is_there(cluster: RunningCluster, namespace: str) -> None:
    manifest = pod("late", "sleep 1000").replace(IMAGE, "late:1")
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=manifest)
    reason = "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    cluster.kubectl("-n", namespace, "wait", "pod/late", f"{reason}=ImagePullBackOff", "--timeout=30s")
    assert "wherry image" in cluster.wherry("why", "pod/late", "-n", namespace).stdout


def test_volumes_limits_and_the_user_are_as_asked(cluster: RunningCluster, namespace: str) -> None:
    script = (
        "id -u; cat /etc/note/text; cat /etc/hostname; touch /scratch/ok && echo writable; touch /no || echo read-only"
    )
    manifest = json.loads(pod("strict", script, restartPolicy="Never"))
    manifest["spec"]["containers"][0] |= {
        "securityContext": {"runAsUser": 1234, "readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": "note", "mountPath": "/etc/note"}, {"name": "scratch", "mountPath": "/scratch"}],
        "resources": {"limits": {"memory": "32Mi", "cpu": "200m"}},
    }
    manifest["spec"] |= {
        "securityContext": {"fsGroup": 1234},
        "volumes": [{"name": "note", "secret": {"secretName": "note"}}, {"name": "scratch", "emptyDir": {}}],
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "note"}, "stringData": {"text": "hush\n"}}
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=json.dumps(secret))
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=json.dumps(manifest))
    cluster.kubectl("-n", namespace, "wait", "pod/strict", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=30s")
    output = cluster.kubectl("-n", namespace, "logs", "strict").stdout.splitlines()
    assert output[:4] == ["1234", "hush", "strict", "writable"]
    # (What the program says of errors comes through a pipe of its own, sooner or later.)
    assert "read-only" in output


def test_a_job_runs_to_its_end(cluster: RunningCluster, namespace: str) -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "count"},
        "spec": {
            "completions": 3,
            "parallelism": 2,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "c", "image": IMAGE, "command": ["sh", "-c", "echo done"]}],
                }
            },
        },
    }
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=json.dumps(job))
    cluster.kubectl("-n", namespace, "wait", "job/count", "--for=condition=Complete", "--timeout=60s")
    assert cluster.jsonpath("job/count", "{.status.succeeded}", namespace) == "3"


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n", 'Invalid value: "Bad_Name"'),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n", "spec.containers: Required value"),
        ("apiVersion: v1\nkind: Nonsense\nmetadata: {name: p}\n", 'no matches for kind "Nonsense"'),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p}\ndate: {}\n", 'unknown field "date"'),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p}\ndata: 7\n", "ConfigMap"),
    ],
)
def test_a_bad_manifest_gets_kubernetes_own_words(
    cluster: RunningCluster, namespace: str, manifest: str, words: str
) -> None:
    refused = cluster.kubectl("-n", namespace, "create", "-f", "-", text=manifest, check=False)
    assert refused.returncode == 1
    assert words in refused.stderr


def test_explain_api_resources_and_version_answer(cluster: RunningCluster) -> None:
    assert "restartPolicy" in cluster.kubectl("explain", "pod.spec").stdout
    assert "deployments" in cluster.kubectl("api-resources").stdout
    assert "v1.36" in cluster.kubectl("version").stdout
