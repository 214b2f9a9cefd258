// Stands in for kind: knows the calls that mx kind makes, and fails on any other. As kind does, it writes
// /kind/kubeadm.conf into the "container" and has kubeadm make the control plane there; here phase by phase, as there is
// no kubelet to wait for. STAND_IN_KIND=cut ends it in the middle of that, once.
import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";

const dir = process.env["STAND_IN_DIR"] ?? "";
const nodeSh = process.env["STAND_IN_NODE"] ?? "";
const args = process.argv.slice(2);
appendFileSync(join(dir, "calls"), `kind ${args.join(" ")}\n`);

/** What kind would understand of our configuration; a key it does not know is an error for it too. */
const Config = z.strictObject({
  kind: z.literal("Cluster"),
  apiVersion: z.literal("kind.x-k8s.io/v1alpha4"),
  networking: z.strictObject({
    disableDefaultCNI: z.literal(true),
    apiServerAddress: z.literal("127.0.0.1"),
    podSubnet: z.cidrv4(),
    serviceSubnet: z.cidrv4(),
  }),
  nodes: z.tuple([z.strictObject({ role: z.literal("control-plane"), image: z.string().optional() })]),
  kubeadmConfigPatches: z.tuple([z.string()]),
});
const Patch = z.strictObject({
  kind: z.literal("ClusterConfiguration"),
  apiServer: z.strictObject({ certSANs: z.array(z.string()) }),
});
const ADDRESS = "172.18.0.2";

function node(argv: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(nodeSh, argv, { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${stderr}${stdout}`);
  return stdout;
}

function create(name: string): void {
  const container = `${name}-control-plane`;
  const config = Config.parse(parse(readFileSync(0, "utf8")));
  node(["create", container], kubeadmConf(name, config));
  const inNode = (...argv: string[]) => node(["exec", container, ...argv]);
  const phase = (...argv: string[]) =>
    inNode("kubeadm", "init", "phase", ...argv, "--config", "/kind/kubeadm.conf");
  process.stderr.write(` ✓ Preparing nodes\n`);
  phase("certs", "all");
  if (process.env["STAND_IN_KIND"] === "cut") process.exit(137);
  phase("kubeconfig", "all");
  inNode("sed", "-i", `s#https://${ADDRESS}:6443#https://${container}:6443#`, "/etc/kubernetes/admin.conf");
  phase("etcd", "local");
  phase("control-plane", "apiserver");
  const kubectl = ["kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf"];
  const ready =
    "for _ in $(seq 300); do kubectl --kubeconfig $1 get --raw /readyz && exit; sleep 0.1; done; exit 1";
  inNode("bash", "-c", ready, "ready", "/etc/kubernetes/super-admin.conf");
  inNode(
    "kubectl",
    "--kubeconfig",
    "/etc/kubernetes/super-admin.conf",
    "create",
    "clusterrolebinding",
    "kubeadm:cluster-admins",
    "--clusterrole=cluster-admin",
    "--group=kubeadm:cluster-admins",
  );
  inNode(
    "bash",
    "-c",
    `printf 'apiVersion: v1\nkind: Node\nmetadata: { name: %s }\n' "$1" | "\${@:2}" create -f -`,
    "node",
    container,
    ...kubectl,
  );
  phase("upload-config", "all");
  phase("bootstrap-token");
  phase("addon", "kube-proxy");
  process.stderr.write(` ✓ Starting control-plane\n`);
  startRelay(container);
}

/** As kind's template for v1beta4, with the patch in it. */
function kubeadmConf(name: string, { networking, kubeadmConfigPatches }: z.infer<typeof Config>): string {
  const { apiServer } = Patch.parse(parse(kubeadmConfigPatches[0]));
  const apiVersion = "kubeadm.k8s.io/v1beta4";
  const container = `${name}-control-plane`;
  const nodeRegistration = {
    criSocket: "unix:///run/containerd/containerd.sock",
    kubeletExtraArgs: [
      { name: "node-ip", value: ADDRESS },
      { name: "provider-id", value: `kind://docker/${name}/${container}` },
    ],
  };
  return [
    {
      apiServer: { ...apiServer, extraArgs: [{ name: "runtime-config", value: "" }] },
      apiVersion,
      clusterName: name,
      controlPlaneEndpoint: `${container}:6443`,
      kind: "ClusterConfiguration",
      kubernetesVersion: "v1.37.2",
      networking: { podSubnet: networking.podSubnet, serviceSubnet: networking.serviceSubnet },
    },
    {
      apiVersion,
      bootstrapTokens: [{ token: "abcdef.0123456789abcdef" }],
      kind: "InitConfiguration",
      localAPIEndpoint: { advertiseAddress: ADDRESS, bindPort: 6443 },
      nodeRegistration,
    },
    {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      cgroupDriver: "systemd",
      cgroupRoot: "/kubelet",
      evictionHard: { "imagefs.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%" },
      failSwapOn: false,
      imageGCHighThresholdPercent: 100,
      kind: "KubeletConfiguration",
    },
    {
      apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
      conntrack: { maxPerCore: 0 },
      iptables: { minSyncPeriod: "1s" },
      kind: "KubeProxyConfiguration",
      mode: "iptables",
    },
  ]
    .map((document) => stringify(document))
    .join("---\n");
}

/** The port that the relay listens on: it writes it once it does. */
function publishedPort(container: string): string {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const port = readFileSync(join(dir, `${container}.port`), "utf8").trim();
    if (port !== "") return port;
    if (Date.now() > deadline) throw new Error(`the relay of ${container} does not listen`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

/** The port that Docker would publish: from this host's loopback to the API server in the container. */
function startRelay(container: string): void {
  const folder = join(dir, "ports");
  const log = openSync(join(dir, `${container}.port`), "w");
  const relay = join(import.meta.dirname, "relay.ts");
  const child = spawn(
    process.execPath,
    [relay, "tcp:0", `unix:${join(dir, "nodes", container, "api.sock")}`],
    {
      detached: true,
      stdio: ["ignore", log, "ignore"],
    },
  );
  closeSync(log);
  child.unref();
  writeFileSync(join(dir, `${container}.relay`), String(child.pid ?? ""));
  rmSync(folder, { force: true, recursive: true });
}

function kubeconfig(name: string): string {
  const container = `${name}-control-plane`;
  const port = publishedPort(container);
  const text = node(["read", container, "/etc/kubernetes/admin.conf"]);
  return text.replace(`https://${container}:6443`, `https://127.0.0.1:${port}`);
}

function remove(name: string): void {
  const container = `${name}-control-plane`;
  node(["delete", container]);
  const relay = join(dir, `${container}.relay`);
  if (existsSync(relay)) process.kill(Number(readFileSync(relay, "utf8")), "SIGKILL");
  for (const kind of ["relay", "port"]) rmSync(join(dir, `${container}.${kind}`), { force: true });
}

const [verb, what, flag, name = "", ...rest] = args;
const call = [verb, what, flag, ...rest].join(" ");
if (call === "version --quiet ") process.stdout.write("0.32.0\n");
else if (call === "get clusters --quiet") {
  for (const container of node(["list"]).split("\n").filter(Boolean)) {
    process.stdout.write(`${container.replace(/-control-plane$/, "")}\n`);
  }
} else if (call === "get kubeconfig --name") process.stdout.write(kubeconfig(name));
else if (call === "create cluster --name --config -") create(name);
else if (call === "delete cluster --name") remove(name);
else {
  appendFileSync(join(dir, "unexpected"), `kind ${args.join(" ")}\n`);
  process.exitCode = 64;
}
