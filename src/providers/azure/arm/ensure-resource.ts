import { StargateError } from "../../../lib/errors.ts";
import { retry } from "../../../lib/retry.ts";
import type { World } from "../../../lib/world.ts";
import type { Arm, Poller } from "./arm.ts";
import { findDifferences } from "./differences.ts";
import type { KeyedLock } from "./keyed-lock.ts";

/** What every resource of Azure has that we look at. */
export interface ArmObject {
  id?: string;
  etag?: string;
  location?: string;
  provisioningState?: string;
  tags?: Record<string, string>;
}

/** One resource: what it should be, and how it is read and written. */
export interface Resource<T extends ArmObject> {
  /** For titles and messages: "subnet stargate-subnet". */
  title: string;
  /** Writes to resources of one key wait for each other: the id of what they change. */
  lockKey: string;
  /** What it should be. Compared is only what is written here. */
  wanted: T;
  /** True for one that we made, and may change. */
  isOurs: (actual: T) => boolean;
  /** One that was there before us is used as it is, rather than refused. */
  mayBeOthers?: boolean;
  /** Paths that cannot be changed once it is there. */
  fixed?: readonly string[];
  read: (arm: Arm) => Promise<T | undefined>;
  /** The body of an update: everything that is there, with what is wanted put in. */
  merge: (actual: T) => T;
  write: (arm: Arm, body: T, etag: string | undefined) => Poller<T>;
}

export interface AzureContext {
  arm: Arm;
  world: World;
  locks: KeyedLock;
}

export type Decision =
  | { action: "create" | "unchanged" }
  | { action: "update"; differences: string[] }
  | { action: "refuse"; error: StargateError };

/** Pure: what has to be done for a resource to be as it should. */
export function decideResource<T extends ArmObject>(resource: Resource<T>, actual: T | undefined): Decision {
  if (actual === undefined) return { action: "create" };
  const { title, fixed = [] } = resource;
  const isOurs = resource.isOurs(actual);
  if (!isOurs && resource.mayBeOthers !== true) return { action: "refuse", error: nameTaken(title) };
  const differences = findDifferences(resource.wanted, actual);
  const stuck = differences.filter((path) => fixed.some((one) => path === one || path.startsWith(`${one}.`)));
  if (stuck.length > 0) return { action: "refuse", error: cannotChange(title, stuck) };
  if (!isOurs) return { action: "unchanged" };
  if (actual.provisioningState === "Failed") differences.push("provisioningState");
  return differences.length === 0 ? { action: "unchanged" } : { action: "update", differences };
}

/** Makes the resource what it should be, and returns it. */
export async function ensureResource<T extends ArmObject>(
  resource: Resource<T>,
  { arm, world, locks }: AzureContext,
): Promise<T> {
  const { title } = resource;
  return locks.hold(resource.lockKey, () =>
    retry(
      async () => {
        const actual = await readSettled(resource, arm, world);
        const decision = decideResource(resource, actual);
        if (decision.action === "refuse") throw decision.error;
        if (actual !== undefined && decision.action === "unchanged") return actual;
        const isNew = actual === undefined;
        const written = await world.progress.step(isNew ? `Create ${title}` : `Update ${title}`, () =>
          arm.run(`Cannot ${isNew ? "create" : "update"} ${title}`, () =>
            isNew
              ? resource.write(arm, resource.wanted, undefined)
              : resource.write(arm, resource.merge(actual), actual.etag),
          ),
        );
        return written ?? (await mustRead(resource, arm));
      },
      // Somebody changed it between our read and our write: look again.
      {
        timeoutMs: 60_000,
        isRetriable: (error) => error instanceof StargateError && error.reason === "AzureChanged",
        signal: world.signal,
        clock: world.clock,
      },
    ),
  );
}

/** What is there once nothing is going on with it any more: an earlier run may have started something. */
export async function readSettled<T extends ArmObject>(
  { title, read }: Pick<Resource<T>, "title" | "read">,
  arm: Arm,
  { signal, clock }: World,
): Promise<T | undefined> {
  return retry(
    async () => {
      const actual = await read(arm);
      const state = actual?.provisioningState ?? "Succeeded";
      if (/^(Succeeded|Failed|Canceled)$/i.test(state)) return actual;
      throw new StargateError("AzureBusy", `Cannot go on with ${title}: it is ${state.toLowerCase()}`, {
        retriable: true,
        remedy: "Run the command again in a few minutes.",
      });
    },
    { timeoutMs: 20 * 60_000, minDelayMs: 2_000, maxDelayMs: 15_000, signal, clock },
  );
}

async function mustRead<T extends ArmObject>({ title, read }: Resource<T>, arm: Arm): Promise<T> {
  const actual = await read(arm);
  if (actual !== undefined) return actual;
  throw new StargateError("AzureChanged", `Cannot use ${title}: it vanished after it was made`, {
    remedy: "Run the command again.",
  });
}

export function nameTaken(title: string): StargateError {
  return new StargateError("AzureNameTaken", `Cannot use ${title}: it is there already, and not ours`, {
    remedy: "Choose another name, or another --resource-group, or remove it.",
  });
}

function cannotChange(title: string, paths: readonly string[]): StargateError {
  return new StargateError(
    "AzureNameTaken",
    `Cannot use ${title}: it is there with another ${paths.join(", ")}, which Azure cannot change`,
    { remedy: "Give the values it has, or choose other names." },
  );
}
