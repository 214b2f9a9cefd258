import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/lib/clock.ts";
import { exec } from "../../src/lib/exec.ts";
import { silentLog } from "../../src/lib/log.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import type { World } from "../../src/lib/world.ts";
import type { Component } from "../../src/toolchain/components.ts";
import { deliverComponents, type DeliveryContext } from "../../src/toolchain/deliver-components.ts";
import { hostArchitecture } from "../../src/toolchain/host-architecture.ts";
import { findPlace, type Place, placeOf } from "../../src/toolchain/places.ts";
import type { OfficialRelease } from "../../src/toolchain/official-release.ts";
import { type ReleaseServer, startReleaseServer } from "./release-server.ts";

const arch = hostArchitecture(process.arch);
const published = Buffer.from("#!/bin/sh\necho published\n");
const program = `package main

import ("fmt"; "os"; "path/filepath")

func main() { fmt.Println("built", filepath.Base(os.Args[0]), version) }

var version = "none"
`;

interface Setting {
  context: DeliveryContext;
  said: string[];
  stop: AbortController;
  server: ReleaseServer;
  place: (name: string, official?: OfficialRelease) => Place;
}

/** A toolchain of small modules of no dependencies, each with a program "hello" that goes by a second name. */
async function setUp(t: TestContext, source: DeliveryContext["source"]): Promise<Setting> {
  const dir = await mkdtemp(join(tmpdir(), "stargate-deliver-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const [root, toolchainDir] = [join(dir, "cache"), join(dir, "modules")];
  await mkdir(root);
  for (const name of ["one", "two"]) {
    await mkdir(join(toolchainDir, name, "hello"), { recursive: true });
    await writeFile(join(toolchainDir, name, "go.mod"), `module example.org/${name}\n\ngo 1.21\n`);
    await writeFile(join(toolchainDir, name, "go.sum"), "");
    await writeFile(join(toolchainDir, name, "hello", "main.go"), program);
  }
  const server = await startReleaseServer(t, { hello: published, hi: published, "": Buffer.from("here") });
  const stop = new AbortController();
  const said: string[] = [];
  const world: World = {
    env: process.env,
    paths: pathsFrom({ STARGATE_CACHE_DIR: dir, STARGATE_STATE_DIR: dir }),
    clock: systemClock,
    log: silentLog,
    progress: {
      say: (line) => void said.push(line),
      step: (title, work) => {
        said.push(title);
        return work(() => undefined);
      },
    },
    print: () => undefined,
    isInteractive: false,
    self: [process.execPath, "stargate"],
    signal: stop.signal,
  };
  const place = (name: string, official?: OfficialRelease): Place => {
    const component: Component = {
      name,
      version: "1",
      recipe: {
        kind: "go",
        module: name,
        packages: ["./hello"],
        ldflags: "-X main.version=7",
        links: { hi: "hello" },
      },
      ...(official === undefined ? {} : { official }),
    };
    return placeOf(component, arch, root, toolchainDir);
  };
  return {
    context: { source, arch, root, toolchainDir, probeUrl: server.url(""), world },
    said,
    stop,
    server,
    place,
  };
}

function officialOf(server: ReleaseServer): OfficialRelease {
  return ["hello", "hi"].map((name) => ({
    url: server.url(name),
    checksums: server.url(`${name}.sha256`),
    save: name,
  }));
}

async function outputOf(place: Place, name: string, source: DeliveryContext["source"]): Promise<string> {
  const folder = findPlace(place, source);
  assert.ok(folder, "the component is not in the cache");
  return (await exec([join(folder, name)])).stdout;
}

void test("deliverComponents builds every missing component, stamped and under each of its names", async (t) => {
  const { context, said, server, place } = await setUp(t, "build");
  const places = [place("one", officialOf(server)), place("two")];
  await deliverComponents(places, context);
  for (const each of places) {
    assert.equal(await outputOf(each, "hello", "build"), "built hello 7");
    assert.equal(await outputOf(each, "hi", "build"), "built hi 7");
  }
  assert.deepEqual(server.requests, []);
  assert.deepEqual(said.sort(), ["Build one 1", "Build two 1"]);
});

void test("deliverComponents does nothing for what is there", async (t) => {
  const { context, said, place } = await setUp(t, "build");
  await deliverComponents([place("one")], context);
  said.length = 0;
  await deliverComponents([place("one")], context);
  assert.deepEqual(said, []);
});

void test("deliverComponents downloads what is published and builds the rest when the server answers", async (t) => {
  const { context, server, place } = await setUp(t, "auto");
  const places = [place("one", officialOf(server)), place("two")] as const;
  await deliverComponents(places, context);
  assert.equal(await outputOf(places[0], "hi", "auto"), "published");
  assert.equal(await outputOf(places[1], "hi", "auto"), "built hi 7");
});

void test("deliverComponents builds everything when the server does not answer", async (t) => {
  const { context, server, place } = await setUp(t, "auto");
  const one = place("one", officialOf(server));
  await deliverComponents([one], { ...context, probeUrl: "http://127.0.0.1:1/" });
  assert.equal(await outputOf(one, "hello", "auto"), "built hello 7");
});

void test("deliverComponents builds a component whose download is gone, and says why", async (t) => {
  const { context, said, server, place } = await setUp(t, "auto");
  server.misbehave("hi", "404");
  const one = place("one", officialOf(server));
  await deliverComponents([one], context);
  assert.equal(await outputOf(one, "hi", "auto"), "built hi 7");
  assert.equal(existsSync(one.official), false);
  assert.match(said.join("\n"), /hi: status 404; building it instead/);
});

void test("deliverComponents stops at a wrong checksum rather than building around it", async (t) => {
  const { context, server, place } = await setUp(t, "auto");
  server.forge("hi");
  const one = place("one", officialOf(server));
  await assert.rejects(deliverComponents([one], context), { reason: "ChecksumMismatch" });
  assert.equal(findPlace(one, "auto"), undefined);
});

void test(
  "deliverComponents, stopped while it compiles, leaves no half component and no compiler",
  { timeout: 120_000 },
  async (t) => {
    const { context, stop, place } = await setUp(t, "build");
    const one = place("one");
    // The C compiler is a script that starts another program and waits: the compile that is interrupted.
    const slow = join(context.toolchainDir, "slow-cc.sh");
    await writeFile(slow, '#!/bin/sh\necho $$ >> "$SLOW_PIDS"\nsleep 300\n', { mode: 0o755 });
    const pids = join(context.root, "..", "pids");
    await writeFile(
      join(context.toolchainDir, "one", "hello", "main.go"),
      'package main\n\n// #include <stdlib.h>\nimport "C"\n\nfunc main() { C.abort() }\n',
    );
    const { recipe } = one.component;
    if (recipe.kind !== "go") assert.fail("the component is built with Go");
    const slowPlace = { ...one, component: { ...one.component, recipe: { ...recipe, cgo: true } } };
    const world = { ...context.world, env: { ...process.env, CC: slow, SLOW_PIDS: pids } };
    const run = deliverComponents([slowPlace], { ...context, world });
    while (!existsSync(pids)) await new Promise(setImmediate);
    stop.abort(new DOMException("Ctrl-C", "AbortError"));
    await assert.rejects(run, { name: "AbortError" });
    assert.deepEqual(await readdir(context.root), []);
    // What was killed may be seen for a moment yet; one that was not stays until this test's time is up.
    t.after(() => exec(["pkill", "-KILL", "-f", slow]).catch(() => undefined));
    while ((await exec(["ps", "-eo", "args"])).stdout.includes(slow)) t.signal.throwIfAborted();
  },
);

void test("deliverComponents says what the compiler says when a build fails, and keeps what was built before", async (t) => {
  const { context, place } = await setUp(t, "build");
  await writeFile(
    join(context.toolchainDir, "two", "hello", "main.go"),
    "package main\n\nfunc main() { missing() }\n",
  );
  const places = [place("one"), place("two")] as const;
  await deliverComponents([places[0]], context);
  await assert.rejects(deliverComponents(places, context), {
    reason: "BuildFailed",
    message: /^Build two: .*undefined: missing/s,
  });
  assert.ok(findPlace(places[0], "build"));
});
