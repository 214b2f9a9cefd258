import type { Operation } from "../../src/api/v1alpha1/operation.ts";
import { retry } from "../../src/lib/retry.ts";
import type { ChaosHost } from "./chaos-host.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { countDone, findDoubleWork } from "./journal.ts";
import type { Objects } from "./objects.ts";
import type { Plan } from "./plan.ts";

export interface RunFacts {
  plan: Plan;
  objects: Objects;
  host: ChaosHost;
  controllers: readonly ControllerProcess[];
}

/** What may take a moment after the last Operation's end: letting go, a kubelet's next report. */
const SETTLE_MS = 45_000;

/** Everything that is not as it must be after a run. */
export async function untruths(facts: RunFacts): Promise<string[]> {
  const settled = await retry(
    async () => {
      const wrong = [...(await wrongInCluster(facts)), ...(await leftOnHost(facts))];
      if (wrong.length > 0) throw new NotSettled(wrong);
      return wrong;
    },
    { timeoutMs: SETTLE_MS, minDelayMs: 100, maxDelayMs: 1_000 },
  ).catch((error: unknown) => (error instanceof NotSettled ? error.wrong : [String(error)]));
  const crashes = facts.controllers.flatMap((controller) => controller.crashes);
  return [...settled, ...(await wrongEndings(facts)), ...(await doubleWork(facts)), ...crashes];
}

class NotSettled extends Error {
  readonly wrong: string[];

  constructor(wrong: string[]) {
    super(wrong.join("\n"));
    this.wrong = wrong;
  }
}

/** Holds, tokens and marks that outlive what they were for; a Server that says what is not so. */
async function wrongInCluster({ plan, objects, host }: RunFacts): Promise<string[]> {
  const wrong: string[] = [];
  for (const [index] of plan.operations.entries()) {
    const operation = await objects.operation(`op-${index}`);
    if (operation !== undefined && operation.metadata.finalizers.length > 0)
      wrong.push(`op-${index} keeps its finalizer`);
  }
  wrong.push(...(await objects.tokens()).map((name) => `token left: ${name}`));
  const [server, node] = [await objects.serverNow(), await objects.node()];
  const { state, nodeRef, currentOperation } = server?.status ?? {};
  if (currentOperation !== undefined) wrong.push(`the Server is still held by ${currentOperation.name}`);
  if (state === "provisioning") wrong.push("the Server still says provisioning");
  if (nodeRef !== undefined && nodeRef.uid !== node?.metadata.uid)
    wrong.push("the Server's Node is no more, or another");
  if (state !== "ready") return wrong;
  if (nodeRef === undefined) wrong.push("the Server is ready without a Node");
  if (node?.spec.unschedulable === true) wrong.push("the Node is ready, and no pod may come");
  const bootId = await read(host, "/proc/sys/kernel/random/boot_id");
  const isThisHost =
    node?.status.nodeInfo?.machineID === (await read(host, "/etc/machine-id")) &&
    node.status.nodeInfo.bootID === bootId;
  if (!isThisHost) wrong.push("the Server is ready, and its Node is another host or an earlier boot");
  return wrong;
}

async function leftOnHost({ host }: RunFacts): Promise<string[]> {
  const units = await host.host.run(
    "systemctl",
    "list-units",
    "--all",
    "--plain",
    "--no-legend",
    "stargate-*",
  );
  const files = await host.host.run(
    ...["find", "/run/stargate", "/var/lib/stargate", "-type", "f"],
    ...["-not", "-name", "output*", "-not", "-name", "exit-code", "-not", "-name", "digest"],
    ...["-not", "-name", "reboot-*"],
    ...["-not", "-path", "/var/lib/stargate/journal", "-not", "-path", "/var/lib/stargate/installed/*"],
    ...["-not", "-regex", "/var/lib/stargate/artifacts/[0-9a-f]*"],
  );
  return [units.stdout, files.stdout]
    .flatMap((text) => text.split("\n"))
    .filter((line) => line.trim() !== "")
    .map((line) => `left on the host: ${line}`);
}

/** Each Operation says what is true of it. */
async function wrongEndings(facts: RunFacts): Promise<string[]> {
  const { plan, objects, host } = facts;
  const wrong: string[] = [];
  let last: Operation | undefined;
  for (const [index, { change }] of plan.operations.entries()) {
    const operation = await objects.operation(`op-${index}`);
    if (operation === undefined) {
      if (change?.kind !== "delete") wrong.push(`op-${index} is lost`);
      last = undefined;
      continue;
    }
    last = operation;
    const { phase, reason = "", message = "" } = operation.status;
    if (phase === "Succeeded") continue;
    const mayBe = new Set<string>();
    if (change?.kind === "cancel") mayBe.add("Cancelled");
    if (plan.faults.some(({ fault }) => fault.kind === "full-disk"))
      mayBe.add("NoDiskSpace").add("CustomScriptFailed");
    if (phase !== "Failed" || !mayBe.has(reason)) wrong.push(`op-${index} is ${phase} ${reason}: ${message}`);
  }
  if (last?.status.phase !== "Succeeded") return wrong;
  const isNode =
    last.spec.operation !== "deprovision" && (await objects.serverNow())?.status.state === "ready";
  const kubelet = await host.host.run("systemctl", "is-active", "kubelet");
  if ((kubelet.stdout.trim() === "active") !== isNode)
    wrong.push(`after a ${last.spec.operation} the kubelet is ${kubelet.stdout.trim()}`);
  if (((await objects.node()) !== undefined) !== isNode)
    wrong.push(`after a ${last.spec.operation} the Node is wrong`);
  return wrong;
}

async function doubleWork({ plan, objects, host }: RunFacts): Promise<string[]> {
  const journal = await read(host, "/var/lib/stargate/journal");
  const stopped = new Set<string>();
  const known = new Set<string>();
  for (const [index] of plan.operations.entries()) {
    const operation = await objects.operation(`op-${index}`);
    if (operation === undefined) continue;
    known.add(operation.metadata.uid);
    if (operation.status.reason === "Cancelled") stopped.add(operation.metadata.uid);
  }
  // Those that are not known any more were deleted.
  for (const uid of journal.matchAll(/[0-9a-f-]{36}/g)) if (!known.has(uid[0])) stopped.add(uid[0]);
  const mayLackLines = plan.faults.some(({ fault }) => fault.kind === "full-disk");
  const wrong = findDoubleWork(journal, { stoppedUids: stopped, mayLackLines });
  const reboots = plan.operations.filter(({ operation }) => operation === "reboot").length;
  if (host.restarts > reboots) wrong.push(`${host.restarts} restarts for ${reboots} reboots`);
  const [told, traces] = [
    countDone(journal, "run-custom-script"),
    (await read(host, "/var/lib/custom-runs")).split("\n").filter((line) => line !== "").length,
  ];
  // A full disk or a power cut may come between the trace and the journal.
  const mayDiffer = mayLackLines || plan.faults.some(({ fault }) => fault.kind === "power-cut");
  if (told !== traces && !mayDiffer)
    wrong.push(`the profile's script ended ${told} times, and ran ${traces} times`);
  return wrong;
}

async function read(host: ChaosHost, path: string): Promise<string> {
  return (await host.host.run("cat", path)).stdout.trim();
}
