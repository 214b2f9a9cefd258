import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { LOGINS, loginEnvironment } from "./logins.ts";
import { AT, startWorld } from "./test-world.ts";

const PROBE = fileURLToPath(new URL("login-probe.ts", import.meta.url));

for (const login of LOGINS) {
  void test(`a program is logged in by ${login}`, async (t) => {
    await using world = await startWorld();
    const folder = await mkdtemp(join(tmpdir(), "fake-arm-login-"));
    t.after(async () => rm(folder, { recursive: true }));
    await world.resources.resourceGroups.createOrUpdate("rg", AT);

    const { stdout } = await execa(process.execPath, [PROBE, world.fake.settings.subscriptionId], {
      env: await loginEnvironment(world.fake, login, folder),
      extendEnv: false,
    });

    assert.equal(stdout, "rg");
  });
}
