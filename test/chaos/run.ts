import { setTimeout as sleep } from "node:timers/promises";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Operation } from "../../src/api/v1alpha1/operation.ts";
import { ChaosHost } from "./chaos-host.ts";
import { ControllerProcess } from "./controller-process.ts";
import { happen, type Controller, type Parts } from "./faults.ts";
import { Objects } from "./objects.ts";
import type { Fault, Moment, Plan, PlannedOperation } from "./plan.ts";
import { startRelay, startSocksProxy } from "./router.ts";
import type { Site } from "./site.ts";
import { Timeline } from "./timeline.ts";
import { untruths } from "./truth.ts";
import { Way } from "./way.ts";

const BOUNDARY = / step (begins|is looked at again|ended) .*operation=(\S+) .*step=(\S+)/;
const LEADING = / leading .*lease=stargate-qemu-controller/;
const TELLING = / (WARN |ERROR|step |operation |not done|server let go|leading )(?!.*cannot watch)/;
/** Longer than any run takes whose Operations come to an end, on a machine that is busy too. */
const LIMIT_MS = 900_000;

/** What came of a run: nothing wrong is an empty list. */
export interface Outcome {
  seed: number;
  wrong: string[];
  timeline: string;
  /** How often the lead changed. */
  takeovers: number;
}

/** Carries out a plan on a host of its own, mends everything, and looks at what is so then. */
export async function carryOut(plan: Plan, site: Site): Promise<Outcome> {
  await using disposables = new AsyncDisposableStack();
  const run = await Run.begin(plan, site, disposables);
  const wrong = await run.story().catch((error: unknown) => [`the run itself: ${String(error)}`]);
  return { seed: plan.seed, wrong, timeline: run.timeline.toString(), takeovers: run.takeovers };
}

class Run {
  readonly timeline: Timeline;
  readonly #plan: Plan;
  readonly #objects: Objects;
  readonly #parts: Parts;
  readonly #over: AbortController;
  readonly #met = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  #boundaries = 0;
  /** The controller that began to lead last. */
  #leader = 0;
  #hasLeader = false;
  /** How often another one came to lead. */
  takeovers = 0;
  #waiting: { at: Moment; act: () => Promise<void> }[] = [];

  private constructor(plan: Plan, timeline: Timeline, objects: Objects, parts: Parts, over: AbortController) {
    this.#plan = plan;
    this.timeline = timeline;
    this.#objects = objects;
    this.#parts = parts;
    this.#over = over;
  }

  static async begin(plan: Plan, site: Site, disposables: AsyncDisposableStack): Promise<Run> {
    const timeline = new Timeline();
    site.timelines.add(timeline);
    disposables.defer(() => void site.timelines.delete(timeline));
    timeline.note(`plan: ${JSON.stringify(plan)}`);
    const note = (text: string): void => timeline.note(text);
    const host = disposables.use(await ChaosHost.start({ kubeletSkewMs: plan.skewMs.kubelet, note }));
    const [sshWay, hostApiWay] = [new Way(), new Way()];
    const apiPort = { port: site.apiPort };
    const hostApi = await startRelay({ path: join(host.host.shared, "api.sock") }, apiPort, hostApiWay);
    const socks = await startSocksProxy({ path: host.sshSocket }, sshWay);
    for (const { close } of [hostApi, socks]) disposables.defer(close);
    await site.writeKubeconfig(join(host.host.shared, "admin.conf"), { port: 6443, as: "admin" });
    const name = `chaos-${plan.seed}`;
    const stateDir = join(site.folder, name);
    await mkdir(stateDir);
    const objects = new Objects(site.cluster.client, name, `vm-${plan.seed}`);
    await objects.createAll(host.host.address);
    const self: { run?: Run } = {};
    const controllers: Controller[] = [];
    for (const [index, skewMs] of plan.skewMs.controllers.slice(0, plan.controllers).entries()) {
      const apiWay = new Way();
      const api = await startRelay("any port", apiPort, apiWay);
      disposables.defer(api.close);
      const kubeconfig = join(stateDir, `kubeconfig-${index}`);
      await site.writeKubeconfig(kubeconfig, { port: api.port, as: "controller" });
      const process = new ControllerProcess({
        ...{ program: site.program, kubeconfig, namespace: name, stateDir, cacheDir: site.cacheDir },
        ...{ socksPort: socks.port, skewMs, elects: plan.elects },
        onLine: (line) => self.run?.hear(line, index),
      });
      disposables.defer(() => process.kill());
      controllers.push({ process, apiWay });
    }
    const over = new AbortController();
    const pause = (ms: number): Promise<void> =>
      sleep(ms, undefined, { signal: over.signal }).catch(() => undefined);
    const parts = { site, host, controllers, sshWay, hostApiWay, pause };
    return (self.run = new Run(plan, timeline, objects, parts, over));
  }

  async story(): Promise<string[]> {
    const { operations, faults } = this.#plan;
    const { controllers } = this.#parts;
    for (const { process } of controllers) process.start();
    for (const [index, { at, fault }] of faults.entries()) {
      this.#when(at, async () => {
        const victims = this.#victimsOf(fault, index);
        const who = victims.map((victim) => controllers.indexOf(victim)).join(" and ");
        this.timeline.note(`FAULT ${JSON.stringify(fault)} (controller ${who})`);
        await happen(fault, victims, this.#parts);
        this.timeline.note(`mended: ${fault.kind}`);
      });
    }
    const ends: Promise<void>[] = [];
    for (const [index, operation] of operations.entries()) {
      const ended = this.#ask(`op-${index}`, operation);
      ended.catch(() => undefined); // told below
      ends.push(ended);
      if (!operation.isFollowedAtOnce) await ended;
    }
    await Promise.all(ends);
    this.#over.abort();
    this.#waiting = [];
    await Promise.all(this.#underWay);
    this.timeline.note("everything is mended");
    const processes = controllers.map(({ process }) => process);
    const facts = {
      plan: this.#plan,
      objects: this.#objects,
      host: this.#parts.host,
      controllers: processes,
    };
    return untruths(facts);
  }

  /** Who leads, where one does. Else each in turn, and all where it is about the API server. */
  #victimsOf({ kind }: Fault, index: number): readonly Controller[] {
    const { controllers } = this.#parts;
    const isOfAll = !this.#plan.elects && (kind === "no-api" || kind === "silent-api");
    if (isOfAll) return controllers;
    const chosen = this.#plan.elects ? this.#leader : index % controllers.length;
    return controllers.slice(chosen, chosen + 1);
  }

  /** Creates an Operation, and waits for its end. */
  async #ask(name: string, planned: PlannedOperation): Promise<void> {
    await this.#objects.createOperation(name, planned);
    this.timeline.note(`asked: ${name} ${planned.operation}`);
    const { change } = planned;
    if (change !== undefined) {
      const boundary = this.#boundaries + change.boundaries;
      this.#when({ boundary, afterMs: change.afterMs }, async () => {
        this.timeline.note(`asked: ${change.kind} ${name}`);
        await this.#objects.change(name, change.kind);
      });
    }
    const deadline = performance.now() + LIMIT_MS;
    for (let before = ""; ; await sleep(250)) {
      const operation = await this.#objects.operation(name);
      const now = stateOf(operation);
      if (now !== before) this.timeline.note(`${name} is ${now}`);
      before = now;
      if (operation === undefined || operation.status.finishedAt !== undefined) return;
      if (performance.now() > deadline) throw new Error(`${name} does not end: ${now}`);
    }
  }

  /** Does something at a moment of the run. */
  #when(at: Moment, act: () => Promise<void>): void {
    if (at.boundary <= this.#boundaries) this.#now(at, act);
    else this.#waiting.push({ at, act });
  }

  #now({ afterMs }: Moment, act: () => Promise<void>): void {
    const doing = (async () => {
      if (afterMs > 0) await this.#parts.pause(afterMs);
      if (!this.#over.signal.aborted) await act();
    })().catch((error: unknown) => this.timeline.note(`NOT DONE: ${String(error)}`));
    this.#underWay.add(doing);
    void doing.finally(() => this.#underWay.delete(doing));
  }

  private hear(line: string, controller: number): void {
    if (LEADING.test(line)) {
      if (this.#hasLeader) this.takeovers++;
      this.#hasLeader = true;
      this.#leader = controller;
    }
    if (TELLING.test(line)) this.timeline.note(`controller ${controller}: ${line.slice(25, 400)}`);
    const [, what, operation, step] = BOUNDARY.exec(line) ?? [];
    if (what === undefined) return;
    this.#boundaries++;
    const due = this.#waiting.filter(({ at }) => at.boundary <= this.#boundaries);
    this.#waiting = this.#waiting.filter(({ at }) => at.boundary > this.#boundaries);
    for (const { at, act } of due) this.#now(at, act);
    const boundary = `${operation} ${step} ${what === "ended" ? "ended" : "begun"}`;
    if (!this.#plan.killsAtEveryBoundary || this.#met.has(boundary) || this.#over.signal.aborted) return;
    this.#met.add(boundary);
    const victims = this.#parts.controllers.slice(controller, controller + 1);
    this.#now({ boundary: 0, afterMs: 0 }, async () =>
      happen({ kind: "kill-controller", downMs: 0 }, victims, this.#parts),
    );
  }
}

function stateOf(operation: Operation | undefined): string {
  if (operation === undefined) return "gone";
  const { phase = "new", reason = "", currentStep = "", message = "" } = operation.status;
  return `${phase} ${reason} ${currentStep}: ${message.slice(0, 300)}`;
}
