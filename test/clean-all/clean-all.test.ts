import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { appendFile, cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { packagePath } from "../../src/lib/assets.ts";
import { exec } from "../../src/lib/exec.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import { retry } from "../../src/lib/retry.ts";
import { ROUTER_TAG } from "../../src/tailnet/tailnet.ts";
import { createHeadscale } from "../../src/tailnet/headscale/headscale.ts";
import { isAlive, labUnderTest, processesOf } from "../lab/lab-under-test.ts";
import { run } from "../lab/program.ts";
import { startLoopbackTailnet } from "../tailnet/loopback-tailnet.ts";

/** A cache of the test's own, on the same disk as the real one, whose programs are links to that one's. */
async function linkedCache(): Promise<string> {
  const real = pathsFrom(process.env).cacheDir;
  const cache = mkdtempSync(join(dirname(real), "stargate-test-"));
  await exec(["cp", "--archive", "--link", join(real, "toolchain"), join(real, "bundles"), cache]);
  return cache;
}

void describe("clean-all after a lab with controllers", { timeout: 600_000 }, async () => {
  const cache = await linkedCache();
  const lab = labUnderTest();
  const logs = join(lab.stateDir, "../logs");
  await mkdir(logs);
  const env = { STARGATE_CACHE_DIR: cache, STARGATE_LOG_DIR: logs, CI: undefined };
  const stargate = (...args: string[]) => lab.stargateWith(env, ...args);
  const children: ChildProcess[] = [];
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await stargate("clean-all", "--yes");
    await lab.remove();
    await rm(cache, { recursive: true, force: true });
  });

  /** A program of ours that nothing knows any more, and a person's pager on one of our logs. */
  async function startStrangers(): Promise<{ stray: ChildProcess; pager: ChildProcess }> {
    const etcd = join(
      cache,
      "toolchain",
      readdirSync(join(cache, "toolchain")).find((name) => name.startsWith("kubernetes-mx-")) ?? "",
      "etcd",
    );
    const urls = ["listen-client", "advertise-client", "listen-peer"].map(
      (kind) => `--${kind}-urls=http://127.0.0.1:0`,
    );
    const stray = spawn(etcd, [`--data-dir=${lab.stateDir}/lab/lost`, ...urls], { stdio: "ignore" });
    const pager = spawn("tail", ["-f", join(lab.stateDir, "lab/logs/etcd.log")], { stdio: "ignore" });
    children.push(stray, pager);
    await Promise.all([once(stray, "spawn"), once(pager, "spawn")]);
    return { stray, pager };
  }

  void it("has something to clean: a lab, both controllers, and what a killed run has lost", async () => {
    const up = await stargate("lab", "up");
    assert.equal(up.exitCode, 0, up.output);

    const started = await stargate("controllers", "start", "--metrics-bind-address", "127.0.0.1:0");

    assert.equal(started.exitCode, 0, started.output);
    assert.match(started.output, /qemu-controller runs: process \d+/);
    assert.match(started.output, /azure-controller runs: process \d+/);
    for (const name of ["qemu", "azure"]) {
      assert.equal(statSync(join(logs, `stargate-${name}-controller.log`)).mode & 0o777, 0o600);
    }
  });

  void it("controllers are started once, told of, and stopped", async () => {
    const again = await stargate("controllers", "start");
    assert.match(again.output, /qemu-controller runs already/);

    const stopped = await stargate("controllers", "stop", "azure");
    assert.match(stopped.output, /^azure-controller is stopped$/m);

    const { output } = await stargate("controllers", "status");
    assert.match(output, /^qemu-controller +running +\d+/m);
    assert.match(output, /^azure-controller +stopped/m);
    const unknown = await stargate("controllers", "start", "aws");
    assert.equal(unknown.exitCode, 2, unknown.output);
  });

  void it("a controller that cannot start says why", async () => {
    const { exitCode, output } = await stargate(
      "controllers",
      "start",
      "azure",
      "--metrics-bind-address",
      "nonsense",
    );

    assert.equal(exitCode, 1, output);
    assert.match(output, /Cannot start azure-controller: it ended\n[^]*nonsense/);
    assert.match(output, /next: Read .*stargate-azure-controller\.log/);
  });

  void it("asks, and leaves everything where nobody can be asked", async () => {
    const { stray, pager } = await startStrangers();
    await writeFile(join(lab.stateDir, "mine.txt"), "a person's");
    await writeFile(join(cache, "mine.txt"), "a person's");

    const { exitCode, output } = await stargate("clean-all");

    assert.equal(exitCode, 2, output);
    assert.match(output, /^ {2}program +qemu-controller, process \d+$/m);
    assert.match(output, /^ {2}lab +Kubernetes 1\.\d+\.\d+, up, in /m);
    assert.match(output, new RegExp(`^ {2}process +${stray.pid}, .*etcd --data-dir`, "m"));
    assert.equal(output.match(/^ {2}process /gm)?.length, 1, "parts of the lab go with it");
    assert.match(output, new RegExp(`^ {2}cache +${cache}$`, "m"));
    assert.match(output, /Nobody is there to be asked\n {2}next: Add --yes/);
    assert.equal((await lab.status()).state, "up");
    assert.ok(isAlive(pager.pid ?? 0));
  });

  void it("removes everything of ours, and nothing else", async () => {
    const { exitCode, output } = await stargate("clean-all", "--yes");

    assert.equal(exitCode, 0, output);
    assert.match(output, /Left alone, as it is not ours: .*mine\.txt, .*mine\.txt/);
    assert.match(output, /Nothing of ours is left: no process, no socket, no file$/m);
    assert.deepEqual(readdirSync(lab.stateDir), ["mine.txt"]);
    assert.deepEqual(readdirSync(cache), ["mine.txt"]);
    assert.deepEqual(readdirSync(logs), []);
    const [stray, pager] = children;
    assert.notEqual(stray?.exitCode ?? stray?.signalCode, null);
    assert.ok(isAlive(pager?.pid ?? 0), "a person's pager goes on");
    pager?.kill();
    await retry(async () => assert.deepEqual(processesOf(lab.stateDir), []), { timeoutMs: 90_000 });
  });

  void it("may be repeated", async () => {
    await rm(lab.stateDir, { recursive: true });
    await rm(cache, { recursive: true });

    const { exitCode, output } = await stargate("clean-all");

    assert.equal(exitCode, 0, output);
    assert.doesNotMatch(output, /This is removed/);
    assert.ok(!existsSync(lab.stateDir));
    assert.ok(!existsSync(cache), "not even what starting a program writes");
  });
});

void it(
  "clean-all removes from a tailnet what carries our tag, and only that",
  { timeout: 120_000 },
  async (t) => {
    const server = await startLoopbackTailnet();
    t.after(server.stop);
    const tailnet = createHeadscale({ url: server.url, apiKey: server.apiKey });
    const lab = labUnderTest();
    t.after(() => lab.remove());
    const key = await tailnet.createRouterKey({ description: "clean-all", ttlSeconds: 600 });
    await server.join({ hostname: "lost-router", authKey: key.key, routes: ["192.168.78.0/24"] });
    await tailnet.createRouterKey({ description: "clean-all, unused", ttlSeconds: 600 });
    const user =
      /"id":\s*"?(\d+)/.exec(await server.headscale("users", "list", "--output", "json"))?.[1] ?? "";
    const made = await server.headscale("preauthkeys", "create", "--user", user, "--output", "json");
    const other = /"key":\s*"([^"]+)"/.exec(made)?.[1] ?? "";
    await server.join({ hostname: "somebody-elses", authKey: other, routes: [] });

    const { exitCode, output } = await lab.stargateWith(
      { TAILNET_API_KEY: server.apiKey, STARGATE_LOG_DIR: join(lab.stateDir, "..") },
      ...["clean-all", "--yes", "--keep-cache", "--tailnet-url", server.url],
    );

    assert.equal(exitCode, 0, output);
    assert.match(output, /^ {2}tailnet device +lost-router \(100\./m);
    assert.match(output, /^ {2}tailnet key +\d+ in Headscale/m);
    assert.ok(!output.includes(server.apiKey));
    const devices = await tailnet.listDevices();
    assert.deepEqual(
      devices.map(({ hostname }) => hostname),
      ["somebody-elses"],
      `nothing of ${ROUTER_TAG} is left`,
    );
    assert.deepEqual(await tailnet.listRouterKeys(), []);
  },
);

void it("make clean-all works on a fresh clone where nothing was ever built", async (t) => {
  const home = mkdtempSync("/tmp/sg-");
  t.after(() => rm(home, { recursive: true, force: true }));
  await cp(packagePath("scripts"), join(home, "clone/scripts"), { recursive: true });
  await cp(packagePath("Makefile"), join(home, "clone/Makefile"));
  await appendFile(join(home, "clone/package.json"), "{}");
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: home, STARGATE_LOG_DIR: home };

  for (const round of [1, 2]) {
    const { exitCode, output } = await run(["make", "-C", join(home, "clone"), "clean-all"], env);
    assert.equal(exitCode, 0, `${round}: ${output}`);
    assert.match(output, /Nothing of ours is on this machine/);
  }
});
