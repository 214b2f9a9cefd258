import assert from "node:assert/strict";
import { test } from "node:test";
import { readAsset } from "../../src/lib/assets.ts";
import { runInNamespace, type Place } from "./in-namespace.ts";

const CALLS = "/var/lib/stargate/mx/fake-calls";

/** Writes down what it is called with, and answers what the script reads of it. */
function program(name: string, answers = ""): string {
  return `printf '${name} %s\\n' "$*" >>${CALLS}\n${answers}`;
}

interface Changes {
  programs?: Record<string, string>;
  files?: Record<string, string>;
  before?: string;
}

function place(changes: Changes = {}): Place {
  const library = "/usr/local/lib/stargate";
  const stub = (name: string, code: number) => `#!/usr/bin/env bash\n${program(name)}\nexit ${code}\n`;
  return {
    files: {
      "/etc/stargate/mx.env":
        "export NODE_NAME=mx-1\nexport MINOR=1.37\nexport VERSION=1.37\nexport REPOSITORY=https://pkgs.test\nexport SANDBOX_IMAGE=pause\n",
      "/etc/stargate/mirror.env": "export MIRROR=''\n",
      "/etc/stargate/kubeadm-init.yaml": readAsset("mx-azure/vm/kubeadm-init.yaml"),
      "/etc/stargate/flannel.yaml": 'value: "@TAILNET_ADDRESS@"\n',
      "/etc/stargate/crds.yaml": "kind: CustomResourceDefinition\n",
      "/etc/stargate/modules.conf": "overlay\n",
      "/etc/stargate/sysctl.conf": "a=b\n",
      "/etc/stargate/containerd-1.toml": "one\n",
      "/etc/stargate/containerd-2.toml": "two\n",
      [`${library}/configure-kernel.sh`]: stub("configure-kernel.sh", 100),
      [`${library}/install-containerd.sh`]: stub("install-containerd.sh", 0),
      [`${library}/install-packages.sh`]: stub("install-packages.sh", 0),
      "/etc/kubernetes/keep": "",
      "/root/.kube/keep": "",
      "/var/lib/stargate/mx/keep": "",
      "/var/log/keep": "",
      ...changes.files,
    },
    programs: {
      tailscale: `case "$1" in status) echo '{"BackendState": "Running", "Self": {"DNSName": "mx-1.ts.test."}}' ;; ip) echo 100.64.0.7 ;; esac`,
      kubeadm: program("kubeadm", 'case "$1" in version) echo v1.37.2 ;; init) cat "$3" ;; esac'),
      kubelet: "true",
      kubectl: program("kubectl", '[[ "$*" != *"-f -"* ]] || cat'),
      ...changes.programs,
    },
    before: `chmod +x ${library}/*.sh; ${changes.before ?? ""}`,
  };
}

const script = readAsset("mx-azure/vm/mx-bootstrap.sh");
const LOOK = `grep -v '^kubeadm version' ${CALLS}; echo "stage $(cat /var/lib/stargate/mx/stage)"; cat /var/log/mx-bootstrap.log; readlink /root/.kube/config; stat -c 'mode %a' /var/log/mx-bootstrap.log`;

void test("mx-bootstrap.sh makes a control plane with its place in the tailnet, of programs the image has", async () => {
  const { stdout, stderr, exitCode } = await runInNamespace(script, place(), LOOK);

  assert.equal(exitCode, 0, stdout + stderr);
  const calls = stdout.split("\nstage ")[0]?.split("\n") ?? [];
  assert.deepEqual(calls, [
    "configure-kernel.sh ",
    "install-containerd.sh ",
    "kubeadm init --config /var/lib/stargate/mx/kubeadm.yaml --skip-token-print",
    "kubectl get --raw /readyz",
    "kubectl apply --server-side --force-conflicts -f -",
    "kubectl apply --server-side --force-conflicts -f /etc/stargate/crds.yaml",
    "kubectl wait --for=condition=Ready node/mx-1 --timeout=300s",
  ]);
  assert.match(stdout, /^stage ready$/m);
  assert.match(stdout, /advertiseAddress: "100\.64\.0\.7"/);
  assert.match(stdout, /- "mx-1\.ts\.test"/);
  assert.match(stdout, /kubernetesVersion: "v1\.37\.2"/);
  assert.match(stdout, /^value: "100\.64\.0\.7"$/m);
  assert.match(stdout, /^\/etc\/kubernetes\/admin\.conf$/m);
  assert.match(stdout, /^mode 600$/m);
  assert.doesNotMatch(stdout, /@[A-Z_]+@/);
});

void test("mx-bootstrap.sh installs packages where the image has another minor", async () => {
  const older = { kubeadm: program("kubeadm", 'case "$1" in version) echo v1.36.3 ;; esac') };

  const { stdout } = await runInNamespace(script, place({ programs: older }), LOOK);

  assert.match(stdout, /^install-packages\.sh $/m);
});

void test("mx-bootstrap.sh says where it failed; the next run clears what was half-made and goes on", async () => {
  const broken = {
    kubeadm: program(
      "kubeadm",
      'case "$1" in version) echo v1.37.2 ;; init) echo "no room" ; exit 1 ;; esac',
    ),
  };

  const first = await runInNamespace(script, place({ programs: broken }), LOOK);
  const second = await runInNamespace(script, place({ before: "mkdir -p /etc/kubernetes/manifests" }), LOOK);
  const third = await runInNamespace(
    script,
    place({ before: "touch /var/lib/stargate/mx/initialized" }),
    LOOK,
  );

  assert.equal(first.exitCode, 1);
  assert.match(first.stdout, /^stage Make the control plane$/m);
  assert.match(first.stdout, /^no room$/m);
  assert.match(second.stdout, /kubeadm reset --force\nkubeadm init/);
  assert.doesNotMatch(third.stdout, /kubeadm (init|reset)/);
  assert.match(third.stdout, /^stage ready$/m);
});

void test("mx-bootstrap.sh takes everything from a mirror where there is one", async () => {
  const library = "/usr/local/lib/stargate";
  const shown = (name: string, ...inputs: string[]) =>
    `#!/usr/bin/env bash\nprintf '${name}%s\\n' "${inputs.map((input) => ` ${input}=$${input}`).join("")}" >>${CALLS}\n`;
  const mirror = {
    files: {
      "/etc/stargate/mx.env":
        "export NODE_NAME=mx-1\nexport MINOR=1.37\nexport VERSION=1.37\nexport REPOSITORY=https://pkgs.test\nexport SANDBOX_IMAGE=pause\n" +
        "export FILES='aa v1/programs.tar.zst'\nexport PROGRAMS=aa\nexport CNI_PLUGINS=bb\nexport IMAGES='cc image'\nexport KUBECTL=dd\n",
      "/etc/stargate/mirror.env": "export MIRROR=http://mirror.test\n",
      "/etc/stargate/kubelet.service": "[Unit]\n",
      "/etc/stargate/10-kubeadm.conf": "[Service]\n",
      [`${library}/fetch-artifacts.sh`]: shown("fetch", "URL", "MANIFEST_SHA256", "FILES"),
      [`${library}/install-bundle.sh`]: shown(
        "install",
        ...["PROGRAMS", "CNI_PLUGINS", "IMAGES", "KUBELET_SERVICE", "KUBEADM_DROPIN"],
      ),
    },
  };

  const { stdout, stderr, exitCode } = await runInNamespace(script, place(mirror), LOOK);

  assert.equal(exitCode, 0, stdout + stderr);
  assert.match(stdout, /^fetch URL=http:\/\/mirror\.test MANIFEST_SHA256= FILES=aa v1\/programs\.tar\.zst$/m);
  assert.match(
    stdout,
    /^install PROGRAMS=aa CNI_PLUGINS=bb IMAGES=cc image KUBELET_SERVICE=\[Unit\]\n KUBEADM_DROPIN=\[Service\]$/m,
  );
  assert.doesNotMatch(stdout, /^install-packages\.sh/m);
  assert.match(stdout, /^stage ready$/m);
});
