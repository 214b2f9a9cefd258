import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualMachine } from "@azure/arm-compute";
import { HOST_KEY_TAG, REIMAGE_TAG } from "../tags.ts";
import { decideReimage, keyMarkOf, markedTags, readMark, type NextStep } from "./reimage-mark.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

function vmWith(disk: string, tags: Record<string, string>, vmId = "vm-id"): VirtualMachine {
  return {
    location: "westeurope",
    vmId,
    storageProfile: { osDisk: { name: disk, createOption: "FromImage" } },
    tags,
  };
}

const marked = markedTags(vmWith("old", { owner: "us", [HOST_KEY_TAG]: KEY }), "wish");

const cases: [name: string, vm: VirtualMachine, next: NextStep][] = [
  ["a VM that was never reimaged", vmWith("old", { [HOST_KEY_TAG]: KEY }), "mark"],
  [
    "one that was reimaged for another wish",
    vmWith("new", { ...marked, [REIMAGE_TAG]: "other|vm-id old|" }),
    "mark",
  ],
  ["one whose mark nobody can read", vmWith("old", { ...marked, [REIMAGE_TAG]: "wish" }), "mark"],
  ["one that is marked, and has its old disk", vmWith("old", marked), "reimage"],
  ["one that has another disk", vmWith("new", marked), "read-key"],
  ["one that was made again with a disk of the same name", vmWith("old", marked, "new-id"), "read-key"],
  ["one whose new key is known", vmWith("new", { ...marked, [HOST_KEY_TAG]: "ssh-ed25519 B" }), "done"],
];

for (const [name, vm, next] of cases) {
  void test(`decideReimage() says ${next} for ${name}`, () => {
    assert.equal(decideReimage(vm, "wish"), next);
  });
}

void test("markedTags() keeps every tag but that of the host key, whose end it remembers, in what a tag can hold", () => {
  assert.equal(marked["owner"], "us");
  assert.equal(marked[HOST_KEY_TAG], undefined);
  assert.deepEqual(readMark(vmWith("new", marked)), {
    id: "wish",
    before: "vm-id old",
    keyBefore: keyMarkOf(KEY),
  });
  const long = markedTags(vmWith("d".repeat(80), { [HOST_KEY_TAG]: KEY }, "v".repeat(36)), "i".repeat(36));
  assert.ok((long[REIMAGE_TAG] ?? "").length <= 256);
});
