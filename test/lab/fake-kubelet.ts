import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { join } from "node:path";
import { z } from "zod";
import { exec } from "../../src/lib/exec.ts";
import { retry } from "../../src/lib/retry.ts";
import { createHeadscale } from "../../src/tailnet/headscale/headscale.ts";
import { testPrograms } from "../cluster/programs.ts";
import type { LabUnderTest } from "./lab-under-test.ts";

/** What stands for a worker: a fake, but the way to it is the real one. */
export interface FakeKubelet extends AsyncDisposable {
  podName: string;
}

/**
 * A device in the lab's tailnet behind which a fake kubelet answers, with a Node and a Pod that say so. From there on
 * everything is real: API server, egress selector, relay, both tailscaled.
 */
export async function startFakeKubelet(lab: LabUnderTest): Promise<FakeKubelet> {
  const pki = (name: string) => readFileSync(join(lab.stateDir, "lab/pki", name));
  const server = createServer(
    { cert: pki("apiserver.crt"), key: pki("apiserver.key") },
    (request, response) => {
      const pod = /^\/containerLogs\/default\/([^/]+)\/main/.exec(request.url ?? "")?.[1];
      response.writeHead(pod === undefined ? 404 : 200).end(`log of ${pod}\n`);
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = z.object({ port: z.int() }).parse(server.address());
  const device = await joinDevice(lab);
  await describeNode(lab, device.ipv4, address.port);
  return {
    podName: "fake-pod",
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await device.end();
      await lab.ask("delete", "node", "fake-worker");
    },
  };
}

async function joinDevice(lab: LabUnderTest): Promise<{ ipv4: string; end: () => Promise<void> }> {
  const program = await testPrograms();
  const { headscaleUrl, headscaleApiKeyPath } = lab.state();
  const tailnet = createHeadscale({
    url: headscaleUrl,
    apiKey: readFileSync(headscaleApiKeyPath, "utf8").trim(),
  });
  const { key } = await tailnet.createRouterKey({ description: "fake kubelet", ttlSeconds: 300 });
  const dir = join(lab.stateDir, "lab/fake-kubelet");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const keyPath = join(dir, "key");
  await writeFile(keyPath, key, { mode: 0o600 });
  const socket = join(dir, "tailscaled.sock");
  const child = spawn(
    program("tailscaled"),
    [
      "--tun=userspace-networking",
      "--port=0",
      "--no-logs-no-support",
      `--socket=${socket}`,
      `--statedir=${dir}`,
    ],
    {
      stdio: "ignore",
      env: { ...process.env, TS_DISABLE_PORTMAPPER: "1", TS_DEBUG_ALWAYS_USE_DERP: "1", TS_LOGS_DIR: dir },
    },
  );
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  };
  try {
    const tailscale = [program("tailscale"), `--socket=${socket}`] as const;
    await retry(() => exec([...tailscale, "status"], { okCodes: [0, 1], timeoutMs: 5_000 }), {
      timeoutMs: 90_000,
      minDelayMs: 50,
      maxDelayMs: 200,
      isRetriable: () => true,
    });
    const login = [`--login-server=${headscaleUrl}`, "--hostname=fake-worker", `--auth-key=file:${keyPath}`];
    await exec([...tailscale, "up", "--timeout=30s", ...login], { timeoutMs: 60_000 });
    const { stdout } = await exec([...tailscale, "ip", "-4"]);
    return { ipv4: stdout.trim(), end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function describeNode(lab: LabUnderTest, ipv4: string, port: number): Promise<void> {
  const path = join(lab.stateDir, "lab/fake-kubelet", "objects.json");
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "fake-worker" } };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "fake-pod", namespace: "default" },
    spec: {
      nodeName: "fake-worker",
      containers: [{ name: "main", image: "none" }],
      tolerations: [{ operator: "Exists" }],
    },
  };
  await writeFile(path, JSON.stringify({ apiVersion: "v1", kind: "List", items: [node, pod] }));
  // The service account controller makes "default" a moment after the namespace.
  await retry(() => lab.ask("apply", "-f", path), { timeoutMs: 90_000, isRetriable: () => true });
  const status = {
    addresses: [{ type: "InternalIP", address: ipv4 }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  await lab.ask(
    "patch",
    "node",
    "fake-worker",
    "--subresource=status",
    "--type=merge",
    "-p",
    JSON.stringify({ status }),
  );
}
