import { API_VERSION, type Condition } from "../../api/v1alpha1/kind.ts";
import { Operation, type OperationStatus, type StepStatus } from "../../api/v1alpha1/operation.ts";
import { timestamp, type Clock } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import { redact } from "../../lib/redact.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { findCondition, withCondition, type NewCondition } from "../conditions.ts";
import * as resources from "../../kubernetes/resources.ts";
import { isFinished } from "./facts.ts";

/** Lines of a step's output are written at most this often; every change of state is written at once. */
const LINE_INTERVAL_MS = 3_000;

const SUPERSEDED = "Superseded";

type Change = Partial<{ [Key in keyof OperationStatus]: OperationStatus[Key] | undefined }>;

/** How often a write that met a change of something else than the status is tried again. */
const WRITES = 5;

/**
 * One Operation's status: holds it in full, and applies it in full after each change (server-side apply), one write
 * at a time. Begins with what the Operation says, so what was reported before a restart stays.
 *
 * Whoever begins to work counts up `attempts`, and from then on every write of an earlier one fails with Superseded:
 * two controllers, or one that slept through the end of its lease, never both go on with one Operation.
 */
export class StatusWriter {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #operation: Operation;
  #status: Change;
  #written: string;
  /** Attempts as last written or read: another number in the cluster is another's. */
  #attempts: number;
  #resourceVersion: string;
  #queue: Promise<void> = Promise.resolve();
  #lastLineMs = 0;

  constructor(operation: Operation, { client, clock }: { client: KubeClient; clock: Clock }) {
    this.#operation = operation;
    this.#client = client;
    this.#clock = clock;
    this.#status = operation.status;
    this.#written = JSON.stringify(this.#status);
    this.#attempts = operation.status.attempts ?? 0;
    this.#resourceVersion = operation.metadata.resourceVersion;
  }

  get uid(): string {
    return this.#operation.metadata.uid;
  }

  get status(): Change {
    return this.#status;
  }

  get now(): string {
    return timestamp(this.#clock);
  }

  /** Changes fields (undefined removes one) and conditions, and writes if that made a difference. */
  async update(change: Change, ...conditions: NewCondition[]): Promise<void> {
    this.#change(change, conditions);
    await this.#write();
  }

  /** The same, written with what is said next. */
  note(change: Change, ...conditions: NewCondition[]): void {
    this.#change(change, conditions);
  }

  /** Lists all steps, those already known with what is known of them. Written with what is said next. */
  listSteps(steps: readonly { name: string; title: string }[]): void {
    const known = new Map((this.#status.steps ?? []).map((step) => [step.name, step]));
    const list = steps.map(({ name, title }): StepStatus => {
      return { ...(known.get(name) ?? { name, state: "Pending" }), title };
    });
    this.#change({ steps: list }, []);
  }

  step(name: string): StepStatus | undefined {
    return this.#status.steps?.find((step) => step.name === name);
  }

  condition(type: string): Condition | undefined {
    return findCondition(this.#status.conditions ?? [], type);
  }

  /** Written with what is said next. */
  noteStep(name: string, change: Partial<StepStatus>): void {
    this.#changeStep(name, change);
  }

  async updateStep(name: string, change: Partial<StepStatus>, rest: Change = {}): Promise<void> {
    this.#changeStep(name, change);
    await this.update(rest);
  }

  /** Shows a line of a step's output as its message, now and then. Losing one to an error is no matter. */
  showLine(name: string, line: string): void {
    const text = redact(line).trim().slice(0, 400);
    const now = this.#clock.now();
    if (text === "" || now - this.#lastLineMs < LINE_INTERVAL_MS) return;
    this.#lastLineMs = now;
    this.#changeStep(name, { message: text });
    this.#write().catch(() => undefined);
  }

  #change(change: Change, conditions: readonly NewCondition[]): void {
    const at = { now: this.now, generation: this.#operation.metadata.generation };
    let list = this.#status.conditions ?? [];
    for (const condition of conditions) {
      list = withCondition(list, { ...condition, message: redact(condition.message).slice(0, 32_000) }, at);
    }
    this.#status = {
      ...this.#status,
      ...change,
      ...(change.message === undefined ? {} : { message: redact(change.message).slice(0, 32_000) }),
      ...(conditions.length === 0 ? {} : { conditions: list }),
      observedGeneration: this.#operation.metadata.generation,
    };
  }

  #changeStep(name: string, change: Partial<StepStatus>): void {
    const message = change.message === undefined ? {} : { message: redact(change.message).slice(-4000) };
    const steps = (this.#status.steps ?? []).map((step) =>
      step.name === name ? { ...step, ...change, ...message } : step,
    );
    this.#status = { ...this.#status, steps };
  }

  /** Writes wait for each other; each writes what is so when its turn comes. */
  async #write(): Promise<void> {
    const turn = this.#queue.then(() => this.#writeNow());
    this.#queue = turn.catch(() => undefined);
    await turn;
  }

  async #writeNow(): Promise<void> {
    const text = JSON.stringify(this.#status);
    if (text === this.#written) return;
    const { attempts = 0 } = this.#status;
    for (let write = 1; ; write++) {
      try {
        this.#resourceVersion = await this.#apply(JSON.parse(text));
        break;
      } catch (error) {
        if (!(error instanceof StargateError)) throw error;
        if (error.reason === "ApiNotFound") return; // deleted by force
        if (error.reason !== "ApiConflict" || write === WRITES) throw error;
        if (!(await this.#lookAgain())) return;
      }
    }
    this.#written = text;
    this.#attempts = attempts;
  }

  async #apply(status: unknown): Promise<string> {
    const { name, namespace, uid } = this.#operation.metadata;
    return this.#client.apply(
      resources.operations,
      { namespace, name },
      {
        apiVersion: API_VERSION,
        kind: "Operation",
        // The uid keeps a late write from landing on a new object of the same name.
        metadata: { name, namespace, uid, resourceVersion: this.#resourceVersion },
        status,
      },
      { subresource: "status", force: true },
    );
  }

  /**
   * Something was written in between: what is ours to write stays so where it was not the status.
   * @returns false where the Operation is no more
   * @throws StargateError Superseded; ApiConflict where it is to be looked at anew
   */
  async #lookAgain(): Promise<boolean> {
    const { name, namespace, uid } = this.#operation.metadata;
    const now = await this.#client.getIfExists(resources.operations, { namespace, name }, Operation);
    if (now?.metadata.uid !== uid) return false;
    if ((now.status.attempts ?? 0) !== this.#attempts || isFinished(now)) {
      throw new StargateError(SUPERSEDED, `Cannot go on with Operation ${name}: another controller does`);
    }
    // Whoever begins must know all that was done: over a step that another has begun since, it would begin it again.
    if (this.#status.attempts !== this.#attempts && JSON.stringify(now.status) !== this.#written) {
      throw new StargateError("ApiConflict", `Operation ${name} has gone on since it was looked at`, {
        retriable: true,
      });
    }
    this.#resourceVersion = now.metadata.resourceVersion;
    return true;
  }
}

/** True where another controller has taken the Operation over, or ended it. */
export function isSuperseded(error: unknown): boolean {
  return error instanceof StargateError && error.reason === SUPERSEDED;
}
