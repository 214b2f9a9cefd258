import assert from "node:assert/strict";
import { test } from "node:test";
import { findDoubleWork } from "./journal.ts";

const rows: { name: string; journal: string[]; stopped?: string[]; wrong: RegExp[] }[] = [
  { name: "one after the other", journal: ["a x started", "a x ended 0 1s", "a y started"], wrong: [] },
  {
    name: "again after a failure",
    journal: ["a x started", "a x ended 1 1s", "a x started", "a x ended 0 1s"],
    wrong: [],
  },
  {
    name: "again after a power cut",
    journal: ["a x started", "- power-cut", "a x started", "a x ended 100 1s"],
    wrong: [],
  },
  {
    name: "again though done",
    journal: ["a x started", "a x ended 100 1s", "a x started"],
    wrong: [/done, and/],
  },
  { name: "twice at once", journal: ["a x started", "a x started"], wrong: [/while a x was running/] },
  {
    name: "two Operations at once",
    journal: ["a x started", "b x started"],
    wrong: [/while a x was running/],
  },
  {
    name: "after one that was stopped",
    journal: ["a x started", "b x started"],
    stopped: ["a"],
    wrong: [],
  },
  {
    name: "two restarts",
    journal: ["a reboot-host started", "a reboot-host started"],
    wrong: [/restarted twice/],
  },
];
for (const { name, journal, stopped = [], wrong } of rows) {
  void test(`findDoubleWork(): ${name}`, () => {
    const found = findDoubleWork(journal.map((line) => `now ${line}`).join("\n"), {
      stoppedUids: new Set(stopped),
      mayLackLines: false,
    });

    assert.equal(found.length, wrong.length, found.join());
    for (const [index, pattern] of wrong.entries()) assert.match(found[index] ?? "", pattern);
  });
}
