import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation } from "../../api/v1alpha1/operation.ts";
import { operationWith, profileWith, serverWith } from "../../api/v1alpha1/test-objects.ts";
import { wokenByOperation, wokenByProfile, wokenByServer } from "./wake-ups.ts";

const fresh = operationWith({});
const running = operationWith({ status: { phase: "Running", reason: "InProgress" } });
const ended = operationWith({ status: { phase: "Succeeded", reason: "NodeReady" } });
const waiting = operationWith({ name: "op-2", status: { phase: "Pending", reason: "ServerBusy" } });
const elsewhere = operationWith({ name: "op-3", server: "vm-2" });
const deletionTimestamp = "2026-01-01T00:00:00Z";

function names(keys: { name: string }[]): string[] {
  return keys.map(({ name }) => name);
}

function updated(before: Operation, object: Operation) {
  return { type: "updated", before, object } as const;
}

void test("wokenByOperation() wakes a new Operation", () => {
  assert.deepEqual(names(wokenByOperation({ type: "added", object: fresh }, [fresh, waiting])), ["op-1"]);
});

void test("wokenByOperation() wakes nobody for a status that says how far it is", () => {
  const further = operationWith({ status: { phase: "Running", reason: "InProgress", message: "step 2" } });

  assert.deepEqual(wokenByOperation(updated(running, further), [further, waiting]), []);
});

void test("wokenByOperation() wakes those behind an Operation that ended, and only them", () => {
  const keys = wokenByOperation(updated(running, ended), [ended, waiting, elsewhere]);

  assert.deepEqual(names(keys), ["op-2"]);
});

void test("wokenByOperation() wakes an Operation that is being deleted, and those behind it", () => {
  const leaving = operationWith({ meta: { deletionTimestamp }, status: running.status });

  const keys = wokenByOperation(updated(running, leaving), [leaving, waiting]);

  assert.deepEqual(names(keys), ["op-1", "op-2"]);
});

void test("wokenByServer() wakes what waits for this Server, not what works on it", () => {
  const keys = wokenByServer({ type: "added", object: serverWith() }, [running, waiting, elsewhere]);

  assert.deepEqual(names(keys), ["op-2"]);
});

void test("wokenByProfile() wakes what waits for this profile", () => {
  const keys = wokenByProfile({ type: "added", object: profileWith() }, [waiting, ended]);

  assert.deepEqual(names(keys), ["op-2"]);
});
