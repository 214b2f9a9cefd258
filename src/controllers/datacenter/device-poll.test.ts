import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { settle, SteppedClock } from "../../controller-runtime/stepped-clock.ts";
import { StargateError } from "../../lib/errors.ts";
import { silentLog } from "../../lib/log.ts";
import { ThrottledError } from "../../tailnet/tailnet.ts";
import { DevicePoll } from "./device-poll.ts";
import { FakeTailnet } from "./fake-tailnet.ts";
import { deviceWith } from "./test-objects.ts";

const down = () => new StargateError("TailnetUnavailable", "no answer from headscale", { retriable: true });
let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

async function start({ tailnet = new FakeTailnet(deviceWith()), isNeeded = (): boolean => true } = {}) {
  const clock = new SteppedClock();
  const told: string[] = [];
  const poll: DevicePoll = new DevicePoll({
    tailnet,
    isNeeded,
    onNews: () => told.push(poll.facts().kind),
    clock,
    log: silentLog,
    random: () => 1,
  });
  const ended = poll.run(stop.signal);
  await settle();
  return { poll, clock, tailnet, told, ended };
}

void describe("DevicePoll", () => {
  void it("asks at once, and again within ten seconds", async () => {
    const { poll, clock, tailnet, told } = await start();

    assert.deepEqual(poll.facts(), { kind: "devices", devices: [deviceWith()] });
    await clock.advance(8_000);
    assert.equal(tailnet.asked, 2);
    assert.deepEqual(told, ["devices", "devices"]);
  });

  void it("asks soon when it is told that something was changed", async () => {
    const { poll, tailnet } = await start();

    poll.soon();
    await settle();

    assert.equal(tailnet.asked, 2);
  });

  void it("asks nothing while nobody wants to know", async () => {
    let isNeeded = false;
    const { poll, clock, tailnet } = await start({ isNeeded: () => isNeeded });

    await clock.advance(60_000);
    assert.equal(tailnet.asked, 0);
    assert.deepEqual(poll.facts(), { kind: "pending" });
    isNeeded = true;
    await clock.advance(8_000);
    assert.equal(tailnet.asked, 1);
  });

  void it("keeps what it heard for half a minute when the tailnet is silent, and then says why it does not know", async () => {
    const { poll, clock, tailnet } = await start();
    tailnet.errors.listDevices.push(down(), down(), down());

    await clock.advance(8_000);
    assert.ok(poll.isFailing);
    assert.equal(poll.facts().kind, "devices");
    assert.equal(poll.staleInMs(), 22_000);
    await clock.advance(4_000);
    await clock.advance(18_000);
    assert.deepEqual(poll.facts(), {
      kind: "unknown",
      reason: "TailnetUnavailable",
      message: "no answer from headscale.",
    });
    await clock.advance(16_000);
    assert.equal(poll.facts().kind, "devices");
  });

  void it("takes an answer that does not come in time for silence, not for a refusal", async () => {
    const { poll, clock, tailnet } = await start();
    const late = () => new DOMException("timed out", "TimeoutError");
    tailnet.errors.listDevices.push(late(), late(), late());

    await clock.advance(8_000);
    assert.equal(poll.facts().kind, "devices");
    await clock.advance(22_000);
    const facts = poll.facts();
    assert.ok(facts.kind === "unknown");
    assert.equal(facts.reason, "TailnetUnavailable");
    assert.match(facts.message, /a tailnet of this test did not answer within 15 s/);
  });

  void it("waits longer with every failure, a minute at most", async () => {
    const { clock, tailnet } = await start();
    tailnet.errors.listDevices.push(...Array.from({ length: 20 }, down));
    await clock.advance(8_000);

    const asked: number[] = [];
    for (const waitMs of [3_999, 1, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      await clock.advance(waitMs);
      asked.push(tailnet.asked);
    }

    assert.deepEqual(asked, [2, 3, 4, 5, 6, 7, 8]);
  });

  void it("is silent for as long as the tailnet asks for", async () => {
    const { clock, tailnet, poll } = await start();
    tailnet.errors.listDevices.push(new ThrottledError("slow down", undefined, 300_000));

    await clock.advance(8_000);
    poll.soon();
    await clock.advance(299_999);
    assert.equal(tailnet.asked, 2);
    await clock.advance(1);
    assert.equal(tailnet.asked, 3);
  });

  void it("says at once that its credential is refused, and what to do", async () => {
    const tailnet = new FakeTailnet();
    tailnet.errors.listDevices.push(
      new StargateError("TailnetUnauthorized", "401", { remedy: "Make a new API key." }),
    );
    const { poll } = await start({ tailnet });

    assert.deepEqual(poll.facts(), {
      kind: "unknown",
      reason: "TailnetUnauthorized",
      message: "401. Make a new API key.",
    });
  });

  void it("says what it lacks where only an auth key was given", async () => {
    const tailnet = new FakeTailnet();
    tailnet.errors.listDevices.push(new StargateError("ManualApprovalNeeded", "only an auth key"));
    const { poll } = await start({ tailnet });

    const facts = poll.facts();
    assert.equal(facts.kind === "unknown" && facts.reason, "NoTailnetCredentials");
  });

  void it("ends when it is stopped, and without a tailnet at once", async () => {
    const { ended } = await start();
    stop.abort();
    await ended;

    const none = { isNeeded: () => true, onNews: () => assert.fail("there is none"), log: silentLog };
    const poll = new DevicePoll({ ...none, tailnet: undefined, clock: new SteppedClock() });
    await poll.run(new AbortController().signal);
    const facts = poll.facts();
    assert.ok(facts.kind === "unknown");
    assert.match(facts.message, /TAILSCALE_CLIENT_ID.*TAILNET_API_KEY.*--tailnet-url/);
  });
});
