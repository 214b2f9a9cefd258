// A stand-in for kubeadm on a test host: the same files, the same order, the same refusals; nothing is checked or
// fetched. Called as kubeadm is.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { DiscoveryKubeconfig } from "./discovery.ts";

const KUBELET_CONF = "/etc/kubernetes/kubelet.conf";

const JoinConfiguration = z.object({
  apiVersion: z.literal("kubeadm.k8s.io/v1beta4"),
  kind: z.literal("JoinConfiguration"),
  discovery: z.object({ file: z.object({ kubeConfigPath: z.string() }) }),
  nodeRegistration: z.object({
    name: z.string(),
    kubeletExtraArgs: z.array(z.object({ name: z.string(), value: z.string() })),
  }),
});

async function join(configPath: string): Promise<void> {
  const manifests = "/etc/kubernetes/manifests";
  if (existsSync(manifests) && readdirSync(manifests).length > 0)
    refuse("DirAvailable--etc-kubernetes-manifests", `${manifests} is not empty`);
  const taken = [KUBELET_CONF, "/etc/kubernetes/bootstrap-kubelet.conf", "/etc/kubernetes/pki/ca.crt"].find(
    (path) => existsSync(path),
  );
  if (taken !== undefined) refuse(`FileAvailable-${taken.replaceAll("/", "-")}`, `${taken} already exists`);
  const { discovery, nodeRegistration } = JoinConfiguration.parse(parse(readFileSync(configPath, "utf8")));
  const discovered = readFileSync(discovery.file.kubeConfigPath, "utf8");
  const { clusters } = DiscoveryKubeconfig.parse(parse(discovered));
  mkdirSync("/etc/kubernetes/pki", { recursive: true });
  mkdirSync("/var/lib/kubelet/pki", { recursive: true });
  writeFileSync("/etc/kubernetes/bootstrap-kubelet.conf", discovered, { mode: 0o600 });
  writeFileSync(
    "/etc/kubernetes/pki/ca.crt",
    Buffer.from(clusters[0].cluster["certificate-authority-data"], "base64"),
  );
  writeFileSync("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n");
  const args = [
    { name: "hostname-override", value: nodeRegistration.name },
    ...nodeRegistration.kubeletExtraArgs,
  ];
  const flags = args.map(({ name, value }) => `--${name}=${value}`).join(" ");
  writeFileSync("/var/lib/kubelet/kubeadm-flags.env", `KUBELET_KUBEADM_ARGS="${flags}"\n`);
  systemctl("daemon-reload");
  systemctl("restart", "kubelet.service");
  for (let tries = 0; !existsSync(KUBELET_CONF); tries++) {
    if (tries > 600) fail(1, "the kubelet did not get its certificate");
    await sleep(100);
  }
  console.log("This node has joined the cluster");
}

function reset(): void {
  systemctl("stop", "kubelet.service");
  for (const path of ["/etc/kubernetes", "/var/lib/kubelet"]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
  }
}

function systemctl(...args: string[]): void {
  if (spawnSync("systemctl", args, { stdio: "inherit" }).status !== 0)
    fail(1, `systemctl ${args.join(" ")} failed`);
}

// kubeadm's own words and code.
function refuse(check: string, message: string): never {
  fail(
    1,
    `error: error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR ${check}]: ${message}`,
  );
}

function fail(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { config: { type: "string" }, force: { type: "boolean" }, "cri-socket": { type: "string" } },
});
if (positionals[0] === "join" && values.config !== undefined) await join(values.config);
else if (positionals[0] === "reset" && values.force === true) reset();
else fail(3, `not known to the stand-in: kubeadm ${process.argv.slice(2).join(" ")}`);
