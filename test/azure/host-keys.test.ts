import assert from "node:assert/strict";
import { test } from "node:test";
import { StargateError } from "../../src/lib/errors.ts";
import { KeyCounter, options, request, startAzure } from "./azure-world.ts";
import { ScriptedGuest } from "./scripted-guest.ts";

/** Boots, but its agent does not answer. */
class SilentGuest extends ScriptedGuest {
  override async agentIsReady(): Promise<boolean> {
    return false;
  }
}

/** The same with a console that shows nothing. */
class MuteGuest extends SilentGuest {
  override async readSerialLog(): Promise<string> {
    return "Linux version 6.8\r\n";
  }
}

void test("the host key of a worker whose agent does not answer comes from its serial console", async () => {
  await using azure = await startAzure({}, 1, (view) =>
    view.name === "worker-1" ? new SilentGuest(view) : new ScriptedGuest(view),
  );
  const before = azure.clock.now();

  const { workers } = await azure.provider.ensureDatacenter(
    request(),
    options(azure),
    new KeyCounter(),
    azure.run(),
  );

  for (const { name, hostKey } of workers) {
    assert.equal(hostKey, azure.guests.get(name)?.hostKey.split(" ").slice(0, 2).join(" "));
  }
  assert.ok(azure.progress.some((line) => /host key of worker-1 comes from its serial console/.test(line)));
  assert.ok(!azure.progress.some((line) => /host key of worker-2 comes/.test(line)));
  assert.ok(azure.clock.now() - before < 15 * 60_000, "no quarter of an hour is waited for the agent");
  assert.equal(azure.guests.get("worker-1")?.scripts.length, 0);
});

void test("the host key comes from there too where the login may not run commands on a worker", async () => {
  await using azure = await startAzure();
  await azure.provider.ensureDatacenter(
    request({ vmNames: [] }),
    options(azure),
    new KeyCounter(),
    azure.run(),
  );
  azure.fake.access.deny(/virtualMachines\/runCommand\/action$/, /\/worker-/);

  const { workers } = await azure.provider.ensureDatacenter(
    request(),
    options(azure),
    new KeyCounter(),
    azure.run(),
  );

  assert.equal(workers[0]?.hostKey, azure.guests.get("worker-1")?.hostKey.split(" ").slice(0, 2).join(" "));
});

void test("a worker that shows its host key nowhere is given up with what to look at", async () => {
  await using azure = await startAzure({}, 1, (view) =>
    view.name === "worker-1" ? new MuteGuest(view) : new ScriptedGuest(view),
  );

  await assert.rejects(
    azure.provider.ensureDatacenter(request(), options(azure), new KeyCounter(), azure.run()),
    (error) => error instanceof StargateError && error.reason === "HostKeyUnknown",
  );
});
