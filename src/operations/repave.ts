import { z } from "zod";
import { Operation } from "../api/v1alpha1/operation.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import * as resources from "../kubernetes/resources.ts";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { createOperations, type CreatedOperation } from "./create-operations.ts";
import { followOperations, type Ended } from "./follow-operations.ts";
import type { OperationsWanted } from "./plan-operations.ts";

export interface RepaveRequest extends OperationsWanted {
  client: KubeClient;
  /** Follow the Operations until they have ended. */
  wait: boolean;
  output: "text" | "name" | "json";
}

/** An Operation that no controller has looked at for so long makes one ask whether there is any. */
const UNSEEN_MS = 15_000;

/**
 * Creates an Operation for each server and, with `wait`, shows what they do until all have ended.
 * @returns false where it was interrupted while Operations go on, which it then says
 * @throws UsageError before anything is created; StargateError OperationsFailed
 */
export async function repaveServers(request: RepaveRequest, world: World): Promise<boolean> {
  const { client, wait, output, namespace } = request;
  const created: CreatedOperation[] = [];
  const onCreated = (operation: CreatedOperation): void => {
    created.push(operation);
    const name = `operation.stargate.io/${operation.name}`;
    if (output !== "json") world.print(output === "name" ? name : `${name} created`);
  };
  const ended: Ended[] = [];
  try {
    await createOperations(client, request, onCreated, world.signal);
    const names = created.map(({ name }) => name);
    if (wait) ended.push(...(await followToEnd(client, { namespace, names }, world)));
    if (output === "json") world.print(await readAll(client, { namespace, names }, world.signal));
  } catch (error) {
    if (created.length > 0) sayHowToGoOn(created, namespace, world);
    if (created.length > 0 && world.signal.aborted) return false;
    throw error;
  }
  if (!wait) sayHowToGoOn(created, namespace, world);
  judge(ended, namespace);
  return true;
}

interface Names {
  namespace: string;
  names: readonly string[];
}

async function followToEnd(client: KubeClient, { namespace, names }: Names, world: World): Promise<Ended[]> {
  const stop = new AbortController();
  const hint = hintWhenUnseen(
    client,
    { namespace, names },
    {
      ...world,
      signal: AbortSignal.any([world.signal, stop.signal]),
    },
  );
  const ended: Ended[] = [];
  try {
    const say = (line: string): void => world.progress.say(line);
    for await (const one of followOperations({ client, namespace, names, say }, world)) ended.push(one);
    return ended;
  } finally {
    stop.abort();
    await hint;
  }
}

/** Nobody works on Operations where no controller runs, and they say nothing of that themselves. */
async function hintWhenUnseen(
  client: KubeClient,
  { namespace, names }: Names,
  { clock, signal, progress }: World,
): Promise<void> {
  try {
    await clock.sleep(UNSEEN_MS, signal);
    const { items } = await client.list(resources.operations, Operation, { namespace, signal });
    const unseen = items.filter(
      ({ metadata, status }) => names.includes(metadata.name) && status.phase === undefined,
    );
    if (unseen.length === 0) return;
    progress.say(`No controller has looked at ${unseen.map(({ metadata }) => metadata.name).join(", ")} yet`);
    progress.say("  next: Look whether one runs: bin/stargate doctor.");
  } catch {
    // It is over, or the API server does not answer: followOperations() tells of that.
  }
}

const Anything = z.looseObject({});

/** The Operations as the API server has them. */
async function readAll(
  client: KubeClient,
  { namespace, names }: Names,
  signal: AbortSignal,
): Promise<string> {
  const items = [];
  for (const name of names) {
    // One that is deleted meanwhile is not there to be shown.
    const item = await client.getIfExists(resources.operations, { namespace, name }, Anything, signal);
    if (item !== undefined) items.push(item);
  }
  return JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 2);
}

function sayHowToGoOn(created: readonly CreatedOperation[], namespace: string, { progress }: World): void {
  const [first] = created;
  if (first === undefined) return;
  const what = created.length === 1 ? `Operation ${first.name} goes` : `${created.length} Operations go`;
  progress.say(`${what} on in the cluster, whether anybody watches or not`);
  progress.say(`  to follow:   bin/stargate logs ${first.name} -n ${namespace} -f`);
  progress.say(`               kubectl get operations -n ${namespace} -w`);
  progress.say(
    `  to cancel:   kubectl patch operation ${first.name} -n ${namespace} --type merge -p '{"spec":{"cancel":true}}'`,
  );
}

function judge(ended: readonly Ended[], namespace: string): void {
  const failed = ended.filter(({ isSuccess }) => !isSuccess);
  if (failed.length === 0) return;
  const which = failed.map(({ ref, message }) => `${ref.name}: ${message}`).join("\n  ");
  throw new StargateError(
    "OperationsFailed",
    `${failed.length} of ${ended.length} Operations failed\n  ${which}`,
    { remedy: `Look at one: bin/stargate logs ${failed[0]?.ref.name ?? ""} -n ${namespace}.` },
  );
}
