import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { runStep } from "./run-step.ts";
import { StatusWriter } from "./status-writer.ts";
import { Story } from "./story.ts";

void test("a line of a private key becomes no step's message, whichever line is shown", async () => {
  const story = new Story();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const lines = privateKey.export({ type: "pkcs8", format: "pem" }).toString().trimEnd().split("\n");
  const step = { name: "run-custom-script", title: "Run the profile's own script" };
  const [operation, server] = [story.operation(), story.server()];
  const writer = new StatusWriter(operation, story.ctx);
  writer.listSteps([step]);
  const profile = story.ctx.caches.profile({ namespace: "simulator-dc", name: "qemu-k8s-worker" });
  assert.ok(profile !== undefined);
  const work = { operation, server, profile, kubernetesVersion: "1.37" };
  const shown = new Set<string>();

  await runStep(step, { ctx: story.ctx, writer, work, signal: story.stop.signal }, async (onLine) => {
    for (const line of ["begins", ...lines, "ends"]) {
      story.clock.advance(5_000); // so that every line has its turn
      onLine(line);
      shown.add(writer.step(step.name)?.message ?? "");
    }
    return Promise.resolve("done" as const);
  });

  assert.deepEqual([...shown], ["begins", "[redacted]", "ends"]);
});
