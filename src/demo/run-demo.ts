import { Server } from "../api/v1alpha1/server.ts";
import { createKubeClient } from "../kubernetes/http-kube-client.ts";
import * as resources from "../kubernetes/resources.ts";
import { readLabState } from "../lab/lab-state.ts";
import { StargateError } from "../lib/errors.ts";
import { programArgv } from "../lib/own-program.ts";
import type { World } from "../lib/world.ts";
import { createDialer } from "../remote/create-dialer.ts";
import { ensureToolchain } from "../toolchain/ensure-toolchain.ts";
import { askPodName } from "./ask-worker.ts";
import { ensureOperation } from "./create-operation.ts";
import { DEMO } from "./demo-names.ts";
import { followOperations } from "./follow-operations.ts";
import { countAnswersWhile } from "./serve-while-repaving.ts";
import { runShown } from "./show-command.ts";
import { showPods, showService, type Worker } from "./show-pods.ts";
import { startDemoController } from "./start-controller.ts";

/**
 * The main job on one machine, by the very commands of the README: the lab, a datacenter, two repaves, pods on the new
 * nodes, and a second repave of one worker while the other serves. May be stopped at any time and run again.
 */
export async function runDemo(world: World): Promise<void> {
  const { env, paths, progress, signal } = world;
  const startedMs = world.clock.now();
  await runShown(["bin/stargate", "lab", "up"], [...programArgv("stargate", world), "lab", "up"], {}, world);
  const lab = await readLabState(paths.labDir);
  if (lab === undefined) throw new StargateError("LabMissing", `There is no lab in ${paths.labDir}`);

  const datacenter = [
    ...["--provider", "qemu", "--qemu-network", "rootless", "--router-name", DEMO.router],
    ...DEMO.workers.flatMap((name) => ["--vm", name]),
    ...["--namespace", DEMO.namespace, "--qemu-subnet-cidr", DEMO.subnetCidr],
    ...["--qemu-cpus", "2", "--qemu-memory", "2048", "--qemu-disk", "20"],
  ];
  const prepArgv = [...programArgv("prep-dc-inventory", world), ...datacenter];
  await runShown(["bin/prep-dc-inventory", ...datacenter], prepArgv, {}, world);
  const controller = await startDemoController(lab.kubeconfigPath, world);

  const client = await createKubeClient({ kubeconfigPath: lab.kubeconfigPath, env });
  const workers = await readWorkers(client, signal);
  const operations = DEMO.workers.map((server) => ({ name: `bootstrap-${server}`, server }));
  for (const operation of operations) await ensureOperation(client, operation, world);
  await followOperations(
    client,
    operations.map(({ name }) => name),
    controller,
    world,
  );
  progress.say(`Both workers are Ready ${minutesSince(startedMs, world)} after make demo began`);

  const dialer = createDialer(lab.socksProxy);
  await showPods(client, dialer, workers, world);
  await showService(dialer, workers, world);
  await repaveAgain(client, controller, workers, dialer, world);
  await showResult(lab.kubeconfigPath, world);
}

async function readWorkers(
  client: Awaited<ReturnType<typeof createKubeClient>>,
  signal: AbortSignal,
): Promise<Worker[]> {
  return Promise.all(
    DEMO.workers.map(async (name) => {
      const ref = { namespace: DEMO.namespace, name };
      const { spec } = await client.get(resources.servers, ref, Server, signal);
      return { name, ipv4: spec.ipv4 };
    }),
  );
}

/** Repaves the last worker once more while the first one is asked all the time. */
async function repaveAgain(
  client: Awaited<ReturnType<typeof createKubeClient>>,
  controller: Awaited<ReturnType<typeof startDemoController>>,
  workers: readonly Worker[],
  dialer: ReturnType<typeof createDialer>,
  world: World,
): Promise<void> {
  const [first, last] = [workers[0], workers.at(-1)];
  if (first === undefined || last === undefined) return;
  world.progress.say(
    `\nNow ${last.name} is repaved once more, while ${first.name} is asked four times a second`,
  );
  const operation = { name: `repave-${last.name}`, server: last.name };
  await ensureOperation(client, operation, world);
  const served = await countAnswersWhile(
    (signal) => askPodName(dialer, first.ipv4, signal),
    followOperations(client, [operation.name], controller, world),
    world.clock,
  );
  world.progress.say(
    `${first.name} answered ${served.answered} of ${served.asked} times meanwhile; ` +
      `the longest wait was ${(served.longestGapMs / 1000).toFixed(1)} s`,
  );
  await showPods(client, dialer, workers, world);
}

async function showResult(kubeconfigPath: string, world: World): Promise<void> {
  const toolchain = await ensureToolchain({}, world);
  for (const args of [
    ["get", "nodes", "-o", "wide"],
    ["get", "operations", "-n", DEMO.namespace],
    ["get", "servers", "-n", DEMO.namespace],
    ["get", "pods", "-n", "stargate-demo", "-o", "wide"],
  ]) {
    await runShown(
      ["kubectl", ...args],
      [toolchain.program("kubectl"), ...args],
      { KUBECONFIG: kubeconfigPath },
      world,
    );
  }
  world.print(
    [
      "",
      "It works. What to try next:",
      `  export KUBECONFIG=${kubeconfigPath}`,
      `  alias kubectl=${toolchain.program("kubectl")}`,
      "  kubectl get nodes                       the workers",
      `  kubectl describe operation -n ${DEMO.namespace}   what was done, step by step`,
      `  bin/stargate logs bootstrap-${DEMO.workers[0]} -n ${DEMO.namespace}   what the steps said on the server`,
      "  bin/stargate lab status                 the control plane and the tailnet",
      "  make test                               every test",
      "  make clean-all                          removes everything (KEEP_CACHE=1 keeps what is slow to build)",
    ].join("\n"),
  );
}

function minutesSince(startedMs: number, { clock }: World): string {
  const seconds = Math.round((clock.now() - startedMs) / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
