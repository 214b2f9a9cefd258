import { applyManifests } from "../kubernetes/apply-manifests.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { readAsset } from "../lib/assets.ts";
import { StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import type { World } from "../lib/world.ts";
import type { Dialer } from "../remote/dialer.ts";
import { askPodName, askServiceFromPod } from "./ask-worker.ts";

/** Pods have to be scheduled, get their network, and start, on processors that may be emulated. */
const PODS_TIMEOUT_MS = 5 * 60_000;

export interface Worker {
  name: string;
  ipv4: string;
}

/** Runs a pod on every worker and waits until each answers to us with its own name. */
export async function showPods(
  client: KubeClient,
  dialer: Dialer,
  workers: readonly Worker[],
  world: World,
): Promise<Map<string, string>> {
  const { progress, signal, clock } = world;
  const pods = new Map<string, string>();
  await progress.step("Run a pod on each worker", async () => {
    await applyManifests(client, readAsset("demo/demo-web.yaml"), { signal });
    await Promise.all(
      workers.map(async ({ name, ipv4 }) => {
        const ask = () => askPodName(dialer, ipv4, signal);
        pods.set(name, await retry(ask, { timeoutMs: PODS_TIMEOUT_MS, maxDelayMs: 1_000, signal, clock }));
      }),
    );
  });
  for (const { name, ipv4 } of workers)
    progress.say(`  pod ${pods.get(name) ?? "?"} on ${name} (${ipv4}) answers`);
  return pods;
}

/** Has the pod of each worker ask the Service by name until every pod has answered it: DNS and pod-to-pod traffic work. */
export async function showService(dialer: Dialer, workers: readonly Worker[], world: World): Promise<void> {
  const { progress, signal, clock } = world;
  await progress.step("Resolve a Service and reach every pod, from each worker", async () => {
    await Promise.all(
      workers.map(({ name, ipv4 }) =>
        retry(
          async () => {
            const answered = await askServiceFromPod(dialer, ipv4, 16, signal);
            if (answered.length >= workers.length) return answered;
            throw new StargateError(
              "PodsMissing",
              `From ${name}, the Service demo-web leads to ${answered.join(", ")} only`,
              { retriable: true, remedy: "Look at the pods: kubectl get pods -n stargate-demo -o wide." },
            );
          },
          { timeoutMs: PODS_TIMEOUT_MS, maxDelayMs: 1_000, signal, clock },
        ),
      ),
    );
  });
}
