import { describeError, isAborted, StargateError } from "../../lib/errors.ts";
import type { World } from "../../lib/world.ts";
import type { Host } from "../../remote/host.ts";
import { readOutput } from "../../remote/read-output.ts";
import { describeChanges } from "../describe-changes.ts";
import { findOperation } from "../find-operation.ts";
import { checkStep } from "./check-step.ts";
import { openHost } from "./open-host.ts";
import { OutputLines } from "./output-lines.ts";
import { createLinePrinter } from "./print-lines.ts";
import { readToEnd, stepsOf, type LogsRequest, type Reading } from "./show-logs.ts";
import { watchOperation, type OperationWatch } from "./watch-operation.ts";

/** How long one question waits on the server for news. */
const WAIT_SECONDS = 10;
/** A server that does not answer is asked again after so long. */
const ASK_AGAIN_MS = 2_000;
/** When the Operation has ended, a server that does not answer is asked for the rest for so long. */
const REST_MS = 30_000;

/**
 * Prints what an Operation's steps say on its server, as they say it, until it ends; where the connection is lost, goes
 * on after the last line as soon as there is another. What the Operation itself says goes to the progress.
 * @throws StargateError OperationFailed, OperationDeleted, OperationNotFound
 */
export async function followLogs(request: LogsRequest, world: World): Promise<void> {
  const { client, namespace, name } = request;
  const operation = await findOperation(client, { namespace, name }, world.signal);
  checkStep(operation, request.step);
  await using watch = watchOperation(client, operation, world, (before, after) => {
    for (const line of describeChanges(before, after)) world.progress.say(line);
  });
  await new Follower(request, watch, world).follow();
  const { phase, message = "no reason given" } = watch.now.status;
  if (watch.isDeleted) throw new StargateError("OperationDeleted", `Operation "${name}" was deleted`);
  if (phase === "Succeeded") return;
  throw new StargateError("OperationFailed", `Operation "${name}" failed: ${message}`);
}

class Follower {
  readonly #request: LogsRequest;
  readonly #watch: OperationWatch;
  readonly #world: World;
  readonly #lines = new OutputLines();
  readonly #show: Reading["show"];
  #host: Host | undefined;
  /** Why the server cannot be asked now, as it was told last. */
  #trouble: string | undefined;

  constructor(request: LogsRequest, watch: OperationWatch, world: World) {
    this.#request = request;
    this.#watch = watch;
    this.#world = world;
    this.#show = createLinePrinter({ print: world.print, isBare: request.step !== undefined });
  }

  async follow(): Promise<void> {
    const { signal } = this.#world;
    try {
      while (!this.#watch.ended.aborted) {
        checkStep(this.#watch.now, this.#request.step);
        if (this.#watch.now.status.startedAt === undefined) await this.#watch.changed();
        else await this.#attempt(() => this.#readNews());
      }
      if (this.#watch.now.status.startedAt === undefined) return;
      const deadline = this.#world.clock.now() + REST_MS;
      while (!(await this.#attempt(() => this.#readRest()))) {
        if (this.#world.clock.now() < deadline) continue;
        this.#world.progress.say(
          "The rest of what was said there cannot be read: the server does not answer",
        );
        return;
      }
    } finally {
      await this.#letGo();
      signal.throwIfAborted();
    }
  }

  async #readNews(): Promise<void> {
    const { signal } = this.#world;
    const { now, ended } = this.#watch;
    const either = AbortSignal.any([signal, ended]);
    this.#host ??= await openHost(now, this.#request, either);
    this.#noteAnswer();
    const question = {
      operationUid: now.metadata.uid,
      step: this.#request.step,
      known: this.#lines.known(),
      waitSeconds: WAIT_SECONDS,
    };
    const parts = (await readOutput(this.#host, question, either)) ?? [];
    this.#show(this.#lines.take(parts, stepsOf(this.#watch.now)), this.#watch.now);
  }

  async #readRest(): Promise<void> {
    const { signal } = this.#world;
    this.#host ??= await openHost(this.#watch.now, this.#request, signal);
    const reading = { host: this.#host, step: this.#request.step, lines: this.#lines, show: this.#show };
    await readToEnd(this.#watch.now, reading, signal);
  }

  /** False where the server could not be asked; then some time has gone by. */
  async #attempt(read: () => Promise<void>): Promise<boolean> {
    const { signal, clock } = this.#world;
    try {
      await read();
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (this.#watch.ended.aborted && isAborted(error)) return false; // now for the rest
      if (!(error instanceof StargateError)) throw error;
      // Whatever it is, the Operation goes on, and says itself what becomes of it.
      await this.#letGo();
      this.#tellTrouble(error);
      await clock.sleep(ASK_AGAIN_MS, signal);
      return false;
    }
  }

  #tellTrouble(error: StargateError): void {
    const text = describeError(error);
    if (text !== this.#trouble) {
      this.#world.progress.say(`No output for now: ${text}`);
      if (error.remedy !== undefined) this.#world.progress.say(`  next: ${error.remedy}`);
    }
    this.#trouble = text;
  }

  #noteAnswer(): void {
    if (this.#trouble !== undefined) this.#world.progress.say("The server answers again");
    this.#trouble = undefined;
  }

  async #letGo(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    await host?.[Symbol.asyncDispose]();
  }
}
