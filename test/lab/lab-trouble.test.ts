import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { labUnderTest, processesOf } from "./lab-under-test.ts";
import { privateState, run } from "./program.ts";
import { packagePath } from "../../src/lib/assets.ts";

void describe("a lab in trouble", { timeout: 600_000 }, () => {
  const lab = labUnderTest();
  after(() => lab.remove());

  void it("is refused in a version that there is none of, before anything is made", async () => {
    const { exitCode, output } = await lab.stargate("lab", "up", "--kubernetes", "1.29");

    assert.equal(exitCode, 2, output);
    assert.match(output, /the toolchain has no such version/);
    assert.ok(!existsSync(join(lab.stateDir, "lab")));
  });

  void it("is refused in a folder whose sockets would have too long a path", async () => {
    const { stateDir, env } = privateState();
    const deep = { ...env, STARGATE_STATE_DIR: join(stateDir, "deep".repeat(25)) };

    const { exitCode, output } = await run(
      [process.execPath, packagePath("src/main/stargate.ts"), "lab", "up"],
      deep,
    );

    await rm(stateDir, { recursive: true });
    assert.equal(exitCode, 2, output);
    assert.match(output, /must fit into 107 bytes\n {2}next: Choose a shorter one by STARGATE_STATE_DIR/);
  });

  void it("is absent, and says so, before it was ever brought up", async () => {
    const { exitCode, output } = await lab.stargate("lab", "status");
    assert.equal(exitCode, 0, output);
    assert.match(output, /The lab is absent/);
    assert.match((await lab.stargate("lab", "kubeconfig")).output, /next: Bring it up/);
  });

  void it("is made whole by the next run when the first one was interrupted", async () => {
    const stopped = lab.start("lab", "up");
    while (!existsSync(join(lab.stateDir, "lab/supervisor.pid"))) await new Promise(setImmediate);
    stopped.kill("SIGINT");
    const [code] = await once(stopped, "exit");
    assert.equal(code, 130);

    const { exitCode, output } = await lab.stargate("lab", "up");

    assert.equal(exitCode, 0, output);
    await lab.ask("get", "provisioningprofile", "-n", "simulator-dc", "qemu-k8s-worker");
  });

  void it("is not turned into one of another version", async () => {
    const { exitCode, output } = await lab.stargate("lab", "up", "--kubernetes", "1.36");

    assert.equal(exitCode, 1, output);
    assert.match(
      output,
      /The lab here runs Kubernetes 1\.37\.\d+, not 1\.36\.\d+\n {2}next: Remove it first/,
    );
    assert.equal((await lab.status()).state, "up");
  });

  void it("names the part that cannot start, why, and what to do", async (t) => {
    await lab.stargate("lab", "down");
    const { scheduler } = lab.state().ports;
    const stranger = createServer((socket) => socket.destroy()).listen(scheduler, "127.0.0.1");
    await once(stranger, "listening");
    t.after(() => stranger.close());

    const { exitCode, output } = await lab.stargate("lab", "up");

    assert.equal(exitCode, 1, output);
    assert.match(
      output,
      new RegExp(`kube-scheduler does not run: exit code 1.*:${scheduler}.*address already in use`, "s"),
    );
    assert.match(output, /next: Find the program that took the port/);
    const status = await lab.stargate("lab", "status");
    assert.equal(status.exitCode, 1, "for scripts");
    assert.match(status.output, /^The lab is failing/);
    assert.match(status.output, /^kube-scheduler +(failed|starting) .*exit code 1/m);

    stranger.close();
    await once(stranger, "close");
    const again = await lab.stargate("lab", "up");
    assert.equal(again.exitCode, 0, again.output);
    assert.deepEqual((await lab.status()).state, "up");
  });

  void it("leaves nothing", async () => {
    await lab.stargate("lab", "destroy");

    assert.deepEqual(processesOf(lab.stateDir), []);
  });
});
