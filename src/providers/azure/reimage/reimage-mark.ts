import type { VirtualMachine } from "@azure/arm-compute";
import { HOST_KEY_TAG, REIMAGE_TAG } from "../tags.ts";

/** What a VM's tag says of its last reimage: for which wish, and what the VM was before. */
export interface ReimageMark {
  id: string;
  /** Its Azure id and its OS disk's name: a reimage changes one of them. */
  before: string;
  /** End of the host key it had: every fresh disk has another. */
  keyBefore: string;
}

/** What changes of a VM with its disk. */
export function systemOf({ vmId, storageProfile }: VirtualMachine): string {
  return `${vmId ?? ""} ${storageProfile?.osDisk?.name ?? ""}`;
}

/** Enough of a key to tell it from another. A tag holds 256 characters. */
export function keyMarkOf(hostKey: string | undefined): string {
  return hostKey?.trim().slice(-24) ?? "";
}

export function readMark({ tags }: VirtualMachine): ReimageMark | undefined {
  const [id, before, keyBefore] = tags?.[REIMAGE_TAG]?.split("|") ?? [];
  return id === undefined || before === undefined || keyBefore === undefined
    ? undefined
    : { id, before, keyBefore };
}

/** The tags of a VM that is to be reimaged: with the wish, and without the host key that goes with the disk. */
export function markedTags(vm: VirtualMachine, id: string): Record<string, string> {
  const { [HOST_KEY_TAG]: hostKey, ...tags } = vm.tags ?? {};
  return { ...tags, [REIMAGE_TAG]: [id, systemOf(vm), keyMarkOf(hostKey)].join("|") };
}

export type NextStep = "mark" | "reimage" | "read-key" | "done";

/** Pure: what this VM still needs for the wish. */
export function decideReimage(vm: VirtualMachine, id: string): NextStep {
  const mark = readMark(vm);
  if (mark?.id !== id) return "mark";
  if (systemOf(vm) === mark.before) return "reimage";
  return vm.tags?.[HOST_KEY_TAG] === undefined ? "read-key" : "done";
}
