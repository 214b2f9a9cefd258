import assert from "node:assert/strict";
import { test } from "node:test";
import { StargateError } from "../lib/errors.ts";
import { FakeClock } from "../lib/fake-clock.ts";
import { createLog, silentLog } from "../lib/log.ts";
import { Informer, type ObjectSource, type SourceEvent } from "./informer.ts";
import type { ApiObject } from "./object-key.ts";

function object(name: string, version = 1, uid = `uid-of-${name}`): ApiObject {
  return { metadata: { name, namespace: "dc", uid, resourceVersion: String(version) } };
}

/** What one list or one watch does: gives something, and perhaps breaks. */
interface Script {
  lists: (readonly ApiObject[] | Error)[];
  watches: (readonly (SourceEvent<ApiObject> | Error)[])[];
}

const event = (type: "ADDED" | "MODIFIED" | "DELETED", changed: ApiObject): SourceEvent<ApiObject> => ({
  type,
  object: changed,
  resourceVersion: changed.metadata.resourceVersion,
});

/** Runs an informer through a script; it stops when the script has ended. Returns what it told, and what it asked. */
async function play(script: Script) {
  const stop = new AbortController();
  const asked: string[] = [];
  const lines: string[] = [];
  const clock = new FakeClock();
  const source: ObjectSource<ApiObject> = {
    async list() {
      asked.push("list");
      const answer = script.lists.shift();
      if (answer === undefined) throw new Error("the script has no more lists");
      if (answer instanceof Error) throw answer;
      return Promise.resolve({ items: answer, resourceVersion: "100" });
    },
    async *watch(resourceVersion) {
      asked.push(`watch ${resourceVersion}`);
      const events = script.watches.shift() ?? [];
      for (const next of events) {
        if (next instanceof Error) throw next;
        yield await Promise.resolve(next);
      }
      clock.advance(60_000); // watches are long
      if (script.watches.length === 0) stop.abort();
    },
  };
  const log = createLog({ write: (line) => lines.push(line) });
  const informer = new Informer({ name: "servers", source, log, clock, random: () => 1 });
  const told: string[] = [];
  informer.onChange(({ type, object: { metadata } }) =>
    told.push(`${type} ${metadata.name} ${metadata.resourceVersion}`),
  );
  await informer.run(stop.signal);
  return { informer, told, asked, sleeps: clock.sleeps, lines };
}

const refused = new StargateError("ApiUnavailable", "Cannot watch servers: no answer", { retriable: true });
const expired = new StargateError("ApiExpired", "Cannot watch servers: too old", { retriable: true });

void test("Informer tells what is there, then what changes", async () => {
  const { told, informer } = await play({
    lists: [[object("a"), object("b")]],
    watches: [
      [event("MODIFIED", object("a", 2)), event("ADDED", object("c", 3)), event("DELETED", object("b", 4))],
    ],
  });

  assert.deepEqual(told, ["added a 1", "added b 1", "updated a 2", "added c 3", "deleted b 4"]);
  assert.equal(informer.hasSynced, true);
  assert.equal(informer.get({ namespace: "dc", name: "a" })?.metadata.resourceVersion, "2");
  assert.deepEqual(
    informer.list({ namespace: "dc" }).map(({ metadata }) => metadata.name),
    ["a", "c"],
  );
  assert.deepEqual(informer.list({ namespace: "elsewhere" }), []);
});

void test("Informer goes on where a watch ended, bookmarks included, without a new list", async () => {
  const { asked, sleeps } = await play({
    lists: [[object("a")]],
    watches: [[{ type: "BOOKMARK", resourceVersion: "150" }], [event("MODIFIED", object("a", 160))], []],
  });

  assert.deepEqual(asked, ["list", "watch 100", "watch 150", "watch 160"]);
  assert.deepEqual(sleeps, []);
});

void test("Informer detects what was deleted, changed and made while it could not see", async () => {
  const { told, asked } = await play({
    lists: [
      [object("same"), object("gone"), object("changed")],
      [object("same"), object("changed", 7), object("new", 8)],
    ],
    watches: [[refused], []],
  });

  assert.deepEqual(told.slice(3), ["deleted gone 1", "updated changed 7", "added new 8"]);
  assert.deepEqual(asked, ["list", "watch 100", "list", "watch 100"]);
});

void test("Informer tells of an object made anew under its name as of a deletion and an addition", async () => {
  const { told } = await play({
    lists: [[object("a", 1, "first")], [object("a", 9, "second")]],
    watches: [[refused], []],
  });

  assert.deepEqual(told, ["added a 1", "deleted a 1", "added a 9"]);
});

void test("Informer lists again at once when its place in the history is gone", async () => {
  const { asked, sleeps, lines } = await play({ lists: [[], []], watches: [[expired], []] });

  assert.deepEqual(asked, ["list", "watch 100", "list", "watch 100"]);
  assert.deepEqual(sleeps, []);
  assert.ok(!lines.some((line) => line.includes("WARN")), "this is no reason to worry");
});

void test("Informer waits longer after each failure, says so, and says when it is back", async () => {
  const { sleeps, lines } = await play({
    lists: [[object("a")], refused, refused, refused, [object("a")]],
    watches: [[refused], [event("MODIFIED", object("a", 2))], []],
  });

  assert.deepEqual(sleeps, [500, 1_000, 2_000, 4_000]);
  assert.equal(lines.filter((line) => line.includes("cannot watch, trying again")).length, 4);
  assert.ok(lines.at(-1)?.includes("watching again"));
});

void test("Informer does not ask without pause when every list is too old for its watch", async () => {
  const { sleeps } = await play({ lists: [[], [], [], []], watches: [[expired], [expired], [expired], []] });

  assert.deepEqual(sleeps, [1_000, 2_000]);
});

void test("Informer goes on when somebody who listens throws", async () => {
  const stop = new AbortController();
  const heard: string[] = [];
  const informer = new Informer<ApiObject>({
    name: "servers",
    log: silentLog,
    source: {
      list: () => Promise.resolve({ items: [object("a"), object("b")], resourceVersion: "1" }),
      watch: async function* () {
        stop.abort();
        yield await Promise.resolve({ type: "BOOKMARK" as const, resourceVersion: "2" });
      },
    },
  });
  informer.onChange(() => {
    throw new Error("a bug");
  });
  informer.onChange((change) => heard.push(change.object.metadata.name));

  await informer.run(stop.signal);

  assert.deepEqual(heard, ["a", "b"]);
});

void test("Informer.onChange() tells a late listener of what is there, until it is told to stop", async () => {
  const { informer } = await play({ lists: [[object("a")]], watches: [[]] });
  const heard: string[] = [];

  const stop = informer.onChange((change) => heard.push(`${change.type} ${change.object.metadata.name}`));
  stop();
  stop();

  assert.deepEqual(heard, ["added a"]);
});

void test("Informer.waitForSync() ends with its signal where no list ever comes", async () => {
  const informer = new Informer<ApiObject>({
    name: "servers",
    log: silentLog,
    source: { list: () => Promise.reject(refused), watch: async function* () {} },
  });
  const stop = new AbortController();

  const waiting = informer.waitForSync(stop.signal);
  stop.abort(new DOMException("enough", "AbortError"));

  await assert.rejects(waiting, { name: "AbortError" });
});
