import assert from "node:assert/strict";
import { test } from "node:test";
import { Weekday, type RolloutWindow } from "../../api/v1alpha1/rollout.ts";
import { windowAt } from "./window.ts";

const every = Weekday.options;
const night: RolloutWindow = { days: ["Mon", "Tue"], start: "22:00", end: "04:30", timeZone: "UTC" };
const noon: RolloutWindow = { days: ["Sat"], start: "12:00", end: "13:00", timeZone: "UTC" };
const berlin: RolloutWindow = { ...noon, days: every, timeZone: "Europe/Berlin" };
const kolkata: RolloutWindow = { ...noon, days: every, timeZone: "Asia/Kolkata" };

// 2026-03-02 is a Monday.
const rows: [what: string, window: RolloutWindow, at: string, isOpen: boolean][] = [
  ["just before it opens", night, "2026-03-02T21:59:59Z", false],
  ["when it opens", night, "2026-03-02T22:00:00Z", true],
  ["after midnight, on the day after", night, "2026-03-03T03:00:00Z", true],
  ["when it closes", night, "2026-03-03T04:30:00Z", false],
  ["after midnight of its last day", night, "2026-03-04T04:29:59Z", true],
  ["on the evening of another day", night, "2026-03-04T23:00:00Z", false],
  ["after midnight before its first day", night, "2026-03-02T02:00:00Z", false],
  ["in the middle of a short one", noon, "2026-03-07T12:30:00Z", true],
  ["on the wrong day", noon, "2026-03-06T12:30:00Z", false],
  ["by the clock of its zone, in winter", berlin, "2026-03-02T11:30:00Z", true],
  ["by UTC, which is not its zone's clock", berlin, "2026-03-02T12:30:00Z", false],
  ["by the clock of its zone, in summer", berlin, "2026-07-06T10:30:00Z", true],
  ["in a zone that is half an hour off", kolkata, "2026-03-02T06:30:00Z", true],
  [
    "at any time, where it closes when it opens",
    { ...noon, days: every, end: "12:00" },
    "2026-03-02T03:00:00Z",
    true,
  ],
];
for (const [what, window, at, isOpen] of rows) {
  void test(`windowAt() ${what} is ${isOpen ? "open" : "closed"}`, () => {
    assert.equal(windowAt(window, Date.parse(at))?.isOpen, isOpen);
  });
}

void test("windowAt() says when to look again: when it opens or closes, after an hour at the latest", () => {
  const at = (time: string, window = night): number | undefined =>
    windowAt(window, Date.parse(`2026-03-02T${time}Z`))?.changesInMs;

  assert.equal(at("21:45:00"), 15 * 60_000);
  assert.equal(at("21:59:59.500"), 500);
  assert.equal(at("10:00:00"), 60 * 60_000);
  assert.equal(at("11:55:00", { ...noon, days: ["Mon"] }), 5 * 60_000);
  assert.equal(at("12:59:00", { ...noon, days: ["Mon"] }), 60_000);
});

void test("windowAt() that is looked at when it says so is never late, also when clocks are changed", () => {
  const window: RolloutWindow = { ...berlin, start: "03:30", end: "05:00" };
  // At 02:00 in Berlin on 2026-03-29 it becomes 03:00: the window opens 30 minutes after that.
  let now = Date.parse("2026-03-28T23:50:00Z");
  for (let look = 0; look < 10; look++) {
    const state = windowAt(window, now);
    assert.ok(state !== undefined && state.changesInMs > 0);
    if (state.isOpen) break;
    now += state.changesInMs;
  }

  assert.ok(now >= Date.parse("2026-03-29T01:30:00Z") && now <= Date.parse("2026-03-29T02:30:00Z"));
});

void test("windowAt() knows no state of a zone that nobody knows", () => {
  assert.equal(windowAt({ ...noon, timeZone: "Europe/Atlantis" }, 0), undefined);
});
