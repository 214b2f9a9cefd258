import type { ArmClock } from "./clock.ts";
import { ArmError } from "./arm-error.ts";
import type { Json } from "./json.ts";
import type { Random } from "./random.ts";

/** Who runs an operation decides how it is told of: see operation-answers.ts. */
export type OperationOwner = "Microsoft.Network" | "Microsoft.Compute" | "Microsoft.Resources";

interface NewOperation {
  owner: OperationOwner;
  location: string;
  /** What Azure calls it, for instance PutSubnetOperation. */
  title: string;
  durationMs: number;
  /** Ids of what it writes: nobody else may meanwhile. */
  writes: readonly string[];
  /** Real work that must end too (a guest that boots). Its failure fails the operation. */
  work?: Promise<void> | undefined;
  /** What it ends with instead of success. */
  failure?: ArmError | undefined;
  /** Makes its end true: `failure` is undefined where it succeeded. Gives the answer's body, if it has one. */
  finish: (failure: ArmError | undefined) => Json | undefined;
}

export interface Operation extends NewOperation {
  id: string;
  startedAt: number;
  dueAt: number;
  endedAt: number | undefined;
  status: "InProgress" | "Succeeded" | "Failed" | "Canceled";
  result: Json | undefined;
}

/** What Azure does after it has answered. Nothing happens by timer: what is due is done when the next request comes. */
export class Operations {
  readonly #clock: ArmClock;
  readonly #random: Random;
  readonly #operations = new Map<string, Operation>();
  readonly #pendingWork = new Set<Operation>();

  constructor(clock: ArmClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  start(operation: NewOperation): Operation {
    const now = this.#clock.now();
    const started: Operation = {
      ...operation,
      id: this.#random.uuid(),
      startedAt: now,
      dueAt: now + operation.durationMs,
      endedAt: undefined,
      status: "InProgress",
      result: undefined,
    };
    this.#operations.set(started.id, started);
    if (operation.work !== undefined) this.#watch(started, operation.work);
    return started;
  }

  find(id: string): Operation | undefined {
    return this.#operations.get(id.toLowerCase());
  }

  /** The running operation that writes this resource. */
  writing(id: string): Operation | undefined {
    return this.running().find(({ writes }) => writes.some((one) => one.toLowerCase() === id.toLowerCase()));
  }

  running(): Operation[] {
    return [...this.#operations.values()].filter(({ status }) => status === "InProgress");
  }

  /** Does what is due, in the order in which it became so. */
  settle(): void {
    const now = this.#clock.now();
    const due = this.running().filter((one) => one.dueAt <= now && !this.#pendingWork.has(one));
    for (const operation of due.sort((one, other) => one.dueAt - other.dueAt)) this.#end(operation);
  }

  /** A later operation takes the place of this one, for instance a delete during a create. */
  preempt(operation: Operation): void {
    operation.failure = new ArmError(
      409,
      "OperationPreempted",
      "Operation execution has been preempted by a more recent operation.",
    );
    operation.status = "Canceled";
    operation.endedAt = this.#clock.now();
  }

  #watch(operation: Operation, work: Promise<void>): void {
    this.#pendingWork.add(operation);
    work
      .catch((error: unknown) => {
        operation.failure ??= error instanceof ArmError ? error : guestFailed(error);
      })
      .finally(() => this.#pendingWork.delete(operation));
  }

  #end(operation: Operation): void {
    if (operation.status !== "InProgress") return;
    operation.result = operation.finish(operation.failure);
    operation.status = operation.failure === undefined ? "Succeeded" : "Failed";
    operation.endedAt = operation.dueAt;
  }
}

/** A guest that does not come up is told as Azure tells of a VM that did not report that it is provisioned. */
function guestFailed(error: unknown): ArmError {
  const message = error instanceof Error ? error.message : String(error);
  return new ArmError(
    409,
    "OSProvisioningTimedOut",
    `OS Provisioning for VM did not finish in the allotted time. The VM may still finish provisioning successfully. Please check provisioning state later. (${message})`,
  );
}
