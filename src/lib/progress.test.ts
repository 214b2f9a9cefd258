import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createProgress } from "./progress.ts";

function record(isTerminal: boolean) {
  let text = "";
  let now = 0;
  const progress = createProgress({
    write: (part) => (text += part),
    isTerminal,
    columns: 20,
    now: () => (now += 500),
  });
  return { progress, text: () => text };
}

void describe("progress", () => {
  void it("writes plain lines where there is no terminal, and each detail once", async () => {
    const { progress, text } = record(false);

    await progress.step("Boot", async (update) => {
      update("one");
      update("one");
      await Promise.resolve();
    });

    assert.equal(text(), "… Boot\n  Boot: one\n✓ Boot (0.5 s)\n");
  });

  void it("redraws one line on a terminal, no wider than it", async () => {
    const { progress, text } = record(true);

    await progress.step("A very long title of a step", async () => Promise.resolve());

    const [drawn = "", ended = ""] = text().split("\r\u001b[K").slice(1);
    assert.equal(drawn.length, 19);
    assert.match(ended, /^✓ A very long title of a step \(1\.0 s\)\n$/);
  });

  void it("marks a failed step and passes its error on", async () => {
    const { progress, text } = record(false);

    await assert.rejects(
      progress.step("Boot", () => Promise.reject(new Error("no disk"))),
      /no disk/,
    );

    assert.match(text(), /✗ Boot/);
  });
});
