import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import {
  renderDiscoveryKubeconfig,
  renderJoinConfiguration,
} from "../../src/bootstrap/join-configuration.ts";
import { resolveControlPlane } from "../../src/control-plane/resolve-control-plane.ts";
import { exec } from "../../src/lib/exec.ts";
import { ProvisioningProfile } from "../../src/api/v1alpha1/provisioning-profile.ts";
import type { KubeClient, ResourceType } from "../../src/kubernetes/client.ts";
import { configMaps, nodes, provisioningProfiles, secrets } from "../../src/kubernetes/resources.ts";
import { ConfigMap, Node, Secret } from "../../src/kubernetes/schemas.ts";
import { createHeadscale } from "../../src/tailnet/headscale/headscale.ts";
import { ROUTER_TAG, type Tailnet } from "../../src/tailnet/tailnet.ts";
import { startLoopbackTailnet, type LoopbackTailnet } from "../tailnet/loopback-tailnet.ts";
import { makeMxHost, nodesAreMissing, type MxHost } from "./mx-host.ts";

const CONTAINER = "stargate-demo-control-plane";
const endpointSlices: ResourceType = {
  group: "discovery.k8s.io",
  version: "v1",
  plural: "endpointslices",
  namespaced: true,
};

let loopback: LoopbackTailnet;
let tailnet: Tailnet;
let host: MxHost;
let address: string;

before(async () => {
  if (nodesAreMissing !== false) return;
  loopback = await startLoopbackTailnet();
  tailnet = createHeadscale({ url: loopback.url, apiKey: loopback.apiKey });
  host = await makeMxHost(loopback);
});
after(async () => {
  if (nodesAreMissing !== false) return;
  try {
    assert.equal(await host.unexpected(), "", "a stand-in met a call it does not know");
  } finally {
    await host.remove();
    await loopback.stop();
  }
});

async function create(env: Record<string, string> = {}): Promise<string> {
  const argv = ["create", "--ssh-private-key", host.keyPath, "--tailnet-url", loopback.url];
  const { exitCode, output } = await host.mxKind(argv, { TAILNET_API_KEY: loopback.apiKey, ...env });
  assert.equal(exitCode, 0, output);
  return output;
}

async function inNode(...argv: string[]): Promise<string> {
  return (await host.node("exec", CONTAINER, ...argv)).stdout;
}

/** Names and addresses in the certificate that the API server shows at its address in the tailnet. */
async function servedNames(): Promise<string> {
  const script = `openssl s_client -connect "$1:6443" </dev/null 2>/dev/null | openssl x509`;
  return new X509Certificate(await inNode("bash", "-c", script, "served", address)).subjectAltName ?? "";
}

async function advertised(client: KubeClient): Promise<unknown> {
  const Slice = z.object({ endpoints: z.array(z.object({ addresses: z.array(z.string()) })) });
  const ref = { namespace: "default", name: "kubernetes" };
  return (await client.get(endpointSlices, ref, Slice)).endpoints.flatMap((endpoint) => endpoint.addresses);
}

void describe("stargate mx kind create", { skip: nodesAreMissing }, () => {
  void it("makes a cluster whose API server is valid, and advertised, at its address in the tailnet", async () => {
    const output = await create();

    const [device, ...others] = await tailnet.listDevices();
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(device, { hostname: "stargate-demo-mx", tags: [ROUTER_TAG], online: true });
    address = device?.addresses[0] ?? "";
    assert.match(output, new RegExp(`is ready: Kubernetes v1\\.37\\.2 at https://${address}:6443`));
    const names = await servedNames();
    for (const name of ["localhost", CONTAINER, "stargate-demo-mx", "127.0.0.1", "172.18.0.2", address]) {
      assert.ok(names.includes(name), `${name} is not in ${names}`);
    }
    assert.deepEqual(await advertised(await host.client("stargate-demo")), [address]);
  });

  void it("shows no secret in any program's arguments, and leaves no key behind", async () => {
    const calls = await host.takeCalls();

    assert.doesNotMatch(calls.join("\n"), /hskey|tskey|BEGIN|AUTH_KEY/);
    assert.equal(await inNode("find", "/run", "-name", "stargate.*"), "");
    const keys = z.array(z.object({ used: z.boolean(), expiration: z.unknown() }).loose());
    const list = keys.parse(JSON.parse(await loopback.headscale("preauthkeys", "list", "--output", "json")));
    assert.ok(
      list.every(({ used }) => used),
      JSON.stringify(list),
    );
  });

  void it("has the node Ready, kube-proxy ask at the tailnet address, and nobody join by kind's well-known token", async () => {
    const client = await host.client("stargate-demo");

    const node = await client.get(nodes, { namespace: "", name: CONTAINER }, Node);
    assert.equal(node.status.conditions.find(({ type }) => type === "Ready")?.status, "True");
    const { data } = await client.get(
      configMaps,
      { namespace: "kube-system", name: "kube-proxy" },
      ConfigMap,
    );
    assert.match(data["kubeconfig.conf"] ?? "", new RegExp(`server: https://${address}:6443`));
    const token = { namespace: "kube-system", name: "bootstrap-token-abcdef" };
    assert.equal(await client.getIfExists(secrets, token, Secret), undefined);
  });

  void it("publishes to kubeadm what the certificate is made from", async () => {
    const client = await host.client("stargate-demo");
    const ref = { namespace: "kube-system", name: "kubeadm-config" };
    const { data } = await client.get(configMaps, ref, ConfigMap);
    assert.match(data["ClusterConfiguration"] ?? "", new RegExp(`- ${address.replaceAll(".", "\\.")}\n`));
  });

  void it("writes the README's Secrets and ProvisioningProfiles, which the CRDs accept", async () => {
    const client = await host.client("stargate-demo");
    const profile = await client.get(
      provisioningProfiles,
      { namespace: "simulator-dc", name: "qemu-k8s-worker" },
      ProvisioningProfile,
    );
    assert.partialDeepStrictEqual(profile.spec, {
      kubernetesVersion: "1.37",
      sshCredentialsSecretRef: "qemu-ssh-credentials",
      artifactSource: { type: "Packages" },
    });
    const ref = { namespace: "azure-dc", name: "azure-ssh-credentials" };
    const { data } = await client.get(secrets, ref, Secret);
    assert.equal(
      Buffer.from(data["privateKey"] ?? "", "base64").toString(),
      await readFile(host.keyPath, "utf8"),
    );
  });

  void it("gives a worker that joins the kubelet settings of an ordinary host, not those of kind's container", async () => {
    const controlPlane = await resolveControlPlane(
      { mode: "kind", server: undefined, container: CONTAINER, port: 6443, kubeconfig: undefined },
      await inNode("cat", "/etc/kubernetes/pki/ca.crt"),
      { exec: (argv, options) => exec(argv, { ...options, env: host.env }) },
    );
    assert.equal(controlPlane.server, `https://${address}:6443`);
    const token = await inNode("kubeadm", "token", "create", "--kubeconfig", "/etc/kubernetes/admin.conf");
    const { kubeletOverrides } = controlPlane;
    const join = { nodeName: "worker-1", nodeIp: "192.168.100.10", labels: {}, taints: [], kubeletOverrides };
    const script = await readFile(new URL("fake-join.sh", import.meta.url), "utf8");

    const config: unknown = parse(
      await inNode(
        ...["bash", "-c", script, "join", renderJoinConfiguration(join)],
        ...[renderDiscoveryKubeconfig(controlPlane, token.trim()), JSON.stringify(kubeletOverrides)],
      ),
    );

    assert.partialDeepStrictEqual(config, {
      kind: "KubeletConfiguration",
      cgroupDriver: "systemd",
      cgroupRoot: "/",
      failSwapOn: true,
      imageGCHighThresholdPercent: 85,
      evictionHard: { "nodefs.available": "10%", "imagefs.inodesFree": "5%" },
      clusterDNS: ["10.96.0.10"],
    });
    const kubeconfig = await inNode("cat", "/run/joined/kubelet.conf");
    assert.match(kubeconfig, new RegExp(`server: https://${address}:6443`));
  });

  void it("changes nothing when run again", async () => {
    const client = await host.client("stargate-demo");
    const ref = { namespace: "kube-system", name: "kube-proxy" };
    const was = await client.get(configMaps, ref, ConfigMap);
    const certificate = await servedNames();
    await host.takeCalls();

    const output = await create();

    assert.match(output, /left as they are: azure-dc\/azure-k8s-worker, simulator-dc\/qemu-k8s-worker/);
    const is = await client.get(configMaps, ref, ConfigMap);
    assert.equal(is.metadata.resourceVersion, was.metadata.resourceVersion);
    assert.equal(await servedNames(), certificate);
    const calls = await host.takeCalls();
    assert.deepEqual(
      calls.filter((call) => /^(kind create|docker cp \/)/.test(call)),
      [],
    );
    assert.equal((await tailnet.listDevices()).length, 1);
  });

  void it("keeps the API server valid when Docker gives the container another address", async () => {
    await host.node("stop", CONTAINER);
    await host.node("start", CONTAINER, "172.18.0.9");

    await create();

    const names = await servedNames();
    for (const name of ["172.18.0.9", address]) assert.ok(names.includes(name), `${name} is not in ${names}`);
    assert.doesNotMatch(names, /172\.18\.0\.2\b/);
  });

  void it("starts a container that was stopped, and writes the auth key that is given later", async () => {
    await host.node("stop", CONTAINER);

    await create({ TAILSCALE_AUTH_KEY: "hskey-auth-given-by-hand" });

    const client = await host.client("stargate-demo");
    const { data } = await client.get(secrets, { namespace: "azure-dc", name: "tailscale-auth" }, Secret);
    assert.equal(Buffer.from(data["authKey"] ?? "", "base64").toString(), "hskey-auth-given-by-hand");
    assert.doesNotMatch((await host.takeCalls()).join("\n"), /given-by-hand/);
  });
});

void describe("stargate mx kind delete", { skip: nodesAreMissing }, () => {
  void it("removes cluster and device, and may be repeated", async () => {
    for (let round = 0; round < 2; round++) {
      const argv = ["delete", "--tailnet-url", loopback.url];
      const { exitCode, output } = await host.mxKind(argv, { TAILNET_API_KEY: loopback.apiKey });
      assert.equal(exitCode, 0, output);
      assert.match(output, /MX cluster stargate-demo is gone/);
    }
    assert.deepEqual(await tailnet.listDevices(), []);
    assert.equal((await host.node("list")).stdout, "");
  });
});

void describe(
  "stargate mx kind create, when things are not as they should be",
  { skip: nodesAreMissing },
  () => {
    void it("makes a cluster anew whose making was cut off", async () => {
      const argv = ["create", "--ssh-private-key", host.keyPath, "--tailnet-url", loopback.url];
      const env = { TAILNET_API_KEY: loopback.apiKey };
      const cut = await host.mxKind(argv, { ...env, STAND_IN_KIND: "cut" });
      assert.equal(cut.exitCode, 1);
      assert.equal((await host.node("list")).stdout, CONTAINER);

      assert.match(await create(), /✓ Create kind cluster stargate-demo/);
    });

    void it("leaves a cluster alone that somebody else made under that name", async () => {
      await host.node("exec", CONTAINER, "sed", "-i", "s/- stargate-demo-mx/- other/", "/kind/kubeadm.conf");
      for (const verb of ["create", "delete"]) {
        const argv = [verb, "--tailnet-url", loopback.url];
        const ssh = verb === "create" ? ["--ssh-private-key", host.keyPath] : [];
        const { exitCode, output } = await host.mxKind([...argv, ...ssh], {
          TAILNET_API_KEY: loopback.apiKey,
        });
        assert.equal(exitCode, 1);
        assert.match(output, /was not made by this command[\s\S]*kind delete cluster --name stargate-demo/);
      }
      assert.equal((await host.node("is-running", CONTAINER)).stdout, "true");
    });

    void it("says everything that is missing at once, each with the way out, before it makes anything", async () => {
      await host.takeCalls();

      const { exitCode, output } = await host.mxKind(["create", "--ssh-private-key", "/nowhere"], {
        STAND_IN_DAEMON: "down",
        TAILSCALE_AUTH_KEY: "",
      });

      assert.equal(exitCode, 1);
      assert.match(output, /- docker: .*Cannot connect to the Docker daemon.*systemctl start docker/);
      assert.match(output, /- tailnet: no key was given\. Set TAILSCALE_AUTH_KEY/);
      assert.match(output, /- SSH key: there is no \/nowhere\. Make one \(ssh-keygen/);
      assert.deepEqual(
        (await host.takeCalls()).filter((call) => !call.includes("version")),
        [],
      );
    });

    void it("says when docker, kind and kubectl are not installed, and how to install them", async () => {
      const { output } = await host.mxKind(["create"], {
        PATH: "/nowhere",
        TAILSCALE_AUTH_KEY: "tskey-auth-x",
      });

      for (const name of ["docker", "kind", "kubectl"])
        assert.match(output, new RegExp(`- ${name}: it is not installed`));
    });

    void it("refuses a key with a passphrase, which no controller can type", async () => {
      const encrypted = `${host.keyPath}-encrypted`;
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const cipher = { cipher: "aes-256-cbc", passphrase: "secret" };
      await writeFile(encrypted, privateKey.export({ type: "pkcs1", format: "pem", ...cipher }), {
        mode: 0o600,
      });

      const { output } = await host.mxKind(["create", "--ssh-private-key", encrypted]);

      assert.match(output, /SSH key: .* has a passphrase/);
    });

    void it("says what a wrong auth key did, and shows it nowhere", async () => {
      const argv = [
        "create",
        "--name",
        "other",
        "--ssh-private-key",
        host.keyPath,
        "--login-server",
        loopback.url,
      ];

      const { exitCode, output } = await host.mxKind(argv, { TAILSCALE_AUTH_KEY: "hskey-auth-wrong-s3cr3t" });

      assert.equal(exitCode, 1);
      assert.match(output, /Cannot join other-control-plane to Headscale[\s\S]*not used up and not expired/);
      assert.doesNotMatch(output, /s3cr3t/);
    });
  },
);
