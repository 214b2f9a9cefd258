import assert from "node:assert/strict";
import { chown, mkdtemp } from "node:fs/promises";
import { statSync } from "node:fs";
import { after, describe, it } from "node:test";
import { packagePath } from "../../src/lib/assets.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import { labUnderTest, listenersOf, processesOf } from "./lab-under-test.ts";
import { run } from "./program.ts";

const NOBODY = 65534;

/** Why programs cannot be run as somebody else here, or undefined where they can. */
async function whyNoOtherUser(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "we are an ordinary user already: the other tests show it";
  const { exitCode, output } = await run(["unshare", "--mount", "true"], { PATH: process.env["PATH"] ?? "" });
  return exitCode === 0 ? undefined : `no mount namespace can be made: ${output}`;
}

/** A lab of an ordinary user's, who sees repository and cache below a home of their own. */
async function labOfOrdinaryUser() {
  const home = await mkdtemp("/tmp/sg-");
  await chown(home, NOBODY, NOBODY);
  const { cacheDir } = pathsFrom(process.env);
  const script = packagePath("test/lab/ordinary-user.sh");
  return labUnderTest({
    parent: home,
    start: (args) => [
      "unshare",
      ...["--mount", "--propagation", "private", "bash", script],
      ...[home, packagePath("."), cacheDir, process.execPath, "src/main/stargate.ts", ...args],
    ],
  });
}

void describe("two labs on one host", { timeout: 600_000 }, async () => {
  const skip = await whyNoOtherUser();
  const first = labUnderTest();
  const second = skip === undefined ? await labOfOrdinaryUser() : labUnderTest();
  after(async () => {
    await Promise.all([first.remove(), second.remove()]);
  });

  void it("come up at the same time, with ports of their own", async () => {
    const [one, other] = await Promise.all([first, second].map((lab) => lab.stargate("lab", "up")));

    assert.equal(one?.exitCode, 0, one?.output);
    assert.equal(other?.exitCode, 0, other?.output);
    const ports = [first, second].flatMap((lab) => Object.values(lab.state().ports));
    assert.equal(new Set(ports).size, ports.length);
  });

  void it("hold clusters that know nothing of each other", async () => {
    await first.ask("create", "configmap", "mine", "-n", "default");

    assert.doesNotMatch(await second.ask("get", "configmap", "-n", "default"), /mine/);
    assert.match(await second.ask("get", "namespaces"), /simulator-dc/);
  });

  void it(
    "are as well an ordinary user's: processes, files, and loopback only",
    { skip: skip ?? false },
    async () => {
      const { parts } = await second.status();
      const pids = [second.supervisorPid(), ...parts.flatMap(({ pid }) => pid ?? [])];

      assert.equal(pids.length, parts.length + 1);
      for (const path of [...pids.map((pid) => `/proc/${pid}`), second.state().kubeconfigPath]) {
        assert.equal(statSync(path).uid, NOBODY, path);
      }
      const addresses = await listenersOf(pids);
      assert.ok(addresses.length >= parts.length, addresses.join(" "));
      assert.ok(
        addresses.every((address) => address.startsWith("127.0.0.1:")),
        addresses.join(" "),
      );
    },
  );

  void it("end alone: the other goes on", async () => {
    const { exitCode, output } = await second.stargate("lab", "destroy");

    assert.equal(exitCode, 0, output);
    assert.deepEqual(processesOf(second.stateDir), []);
    assert.equal((await first.status()).state, "up");
    await first.ask("get", "configmap", "mine", "-n", "default");
  });
});
