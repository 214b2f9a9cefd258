// What one controller carries: how soon it begins, what it weighs, and how much more it does than one that works on one
// Operation at a time. Numbers of this machine, for people; nothing is asserted. bench/README.md explains them.
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { FleetWorld } from "./fleet-world.ts";
import { inParallel } from "./in-parallel.ts";
import { cpuSecondsOf, memoryOf, percentile } from "./numbers.ts";
import { serverName } from "./cluster.ts";

const { values } = parseArgs({
  options: {
    servers: { type: "string", default: "1000" },
    ended: { type: "string", default: "8000" },
    samples: { type: "string", default: "100" },
    operations: { type: "string", default: "600" },
    "in-flight": { type: "string", default: "200" },
    "step-ms": { type: "string", default: "15000" },
  },
});
const servers = Number(values.servers);
const ended = Number(values.ended);
const samples = Number(values.samples);
const operations = Number(values.operations);
const inFlight = Number(values["in-flight"]);
const stepMs = Number(values["step-ms"]);

await using world = await FleetWorld.start();
const { cluster } = world;
say(`creating ${servers} Servers with their Nodes`);
await cluster.createServers(servers, world.hosts.hostKey);
await runOne("pattern");
say(`creating ${ended} Operations that have ended`);
await cluster.createEnded(ended, "pattern");

await measureLatency();
if (operations > 0) {
  const fast = await measureThroughput(inFlight, operations, "many");
  const slow = await measureThroughput(1, 2, "one");
  say(`throughput, ${inFlight} at once against one at a time: ${(fast / slow).toFixed(1)} times`);
}

async function runOne(name: string): Promise<void> {
  const controller = await world.startController(1);
  await cluster.createOperation(name, 0);
  await untilEnded(name);
  await controller.kill();
}

async function measureLatency(): Promise<void> {
  const controller = await world.startController(inFlight);
  const dialled = new Map<string, (at: number) => void>();
  world.onDial = (name) => dialled.get(name)?.(performance.now());
  const appeared = new Map<string, number>();
  const firstWrites: number[] = [];
  const stop = new AbortController();
  const { ended: watched } = await cluster.watchOperations((name, isNew) => {
    const since = appeared.get(name);
    if (isNew) appeared.set(name, performance.now());
    else if (since !== undefined && name.startsWith("idle-")) firstWrites.push(performance.now() - since);
    if (!isNew) appeared.delete(name);
  }, stop.signal);
  await begin("warm-up", 0);
  const latencies: number[] = [];
  for (let index = 0; index < samples; index++) latencies.push(await begin(`idle-${index}`, index));
  stop.abort();
  await watched.catch(() => undefined);
  const { nowMB, peakMB } = memoryOf(controller.pid);
  say(`${servers} Servers idle, ${samples} times one Operation:`);
  say(
    `  from its event to the controller's first write, as another watch hears of them: ${spread(firstWrites)}`,
  );
  say(`  from its creation to the SSH connection: ${spread(latencies)}`);
  say(
    `memory of the controller, ${servers * 2 + ended} objects cached: ${nowMB.toFixed(0)} MB, most ${peakMB.toFixed(0)} MB`,
  );
  await controller.kill();

  async function begin(name: string, server: number): Promise<number> {
    const first = Promise.withResolvers<number>();
    dialled.set(serverName(server), first.resolve);
    await cluster.createOperation(name, server);
    const created = performance.now();
    const latency = (await first.promise) - created;
    await untilEnded(name);
    return latency;
  }
}

/** Operations a second. */
async function measureThroughput(concurrency: number, count: number, prefix: string): Promise<number> {
  const controller = await world.startController(concurrency);
  world.stepMs = 0;
  await cluster.createOperation(`${prefix}-warm-up`, servers - 1);
  await untilEnded(`${prefix}-warm-up`);
  world.stepMs = stepMs;
  world.mostSessions = 0;
  const [began, cpuBefore] = [performance.now(), cpuSecondsOf(controller.pid)];
  await inParallel(20, count, (index) => cluster.createOperation(`${prefix}-${index}`, index));
  for (let index = 0; index < count; index++) await untilEnded(`${prefix}-${index}`);
  const seconds = (performance.now() - began) / 1000;
  const cpu = cpuSecondsOf(controller.pid) - cpuBefore;
  const { peakMB } = memoryOf(controller.pid);
  await controller.kill();
  say(
    `--concurrency ${concurrency}: ${count} Operations in ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(2)} a second`,
  );
  say(
    `  at most ${world.mostSessions} SSH sessions at once; ${(cpu / count).toFixed(3)} s of processor each, ${peakMB.toFixed(0)} MB at most`,
  );
  return count / seconds;
}

async function untilEnded(name: string) {
  for (;;) {
    const operation = await cluster.operation(name);
    const { phase, reason, message } = operation.status;
    if (phase === "Failed") throw new Error(`${name}: ${reason}: ${message}`);
    if (phase === "Succeeded" && operation.metadata.finalizers.length === 0) return operation;
    await sleep(50);
  }
}

function spread(times: readonly number[]): string {
  return `p50 ${percentile(times, 0.5).toFixed(0)} ms, p99 ${percentile(times, 0.99).toFixed(0)} ms`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
