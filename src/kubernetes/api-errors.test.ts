import assert from "node:assert/strict";
import { test } from "node:test";
import { errorFromAnswer, errorFromConnection, errorFromWatch } from "./api-errors.ts";

const status = (fields: object): string => JSON.stringify({ kind: "Status", ...fields });

const rows: readonly [code: number, body: string, reason: string, retriable: boolean][] = [
  [400, status({ message: "bad" }), "ApiInvalid", false],
  [401, "Unauthorized", "ApiUnauthorized", false],
  [403, status({ reason: "Forbidden" }), "ApiForbidden", false],
  [404, status({ details: { name: "a" } }), "ApiNotFound", false],
  [404, status({ details: {} }), "ApiTypeMissing", true],
  [404, "404 page not found", "ApiTypeMissing", true],
  [409, status({ reason: "Conflict" }), "ApiConflict", false],
  [409, status({ reason: "AlreadyExists" }), "ApiAlreadyExists", false],
  [410, status({ reason: "Expired" }), "ApiExpired", true],
  [422, status({ reason: "Invalid" }), "ApiInvalid", false],
  [429, status({ reason: "TooManyRequests" }), "ApiThrottled", true],
  [500, status({ message: "etcdserver: request timed out" }), "ApiUnavailable", true],
  [500, status({ message: "failed to create typed patch object (a): .spec.b" }), "ApiInvalid", false],
  [502, "<html>Bad Gateway</html>", "ApiUnavailable", true],
];
for (const [code, body, reason, retriable] of rows) {
  void test(`errorFromAnswer() makes ${code} ${body.slice(0, 60)} into ${reason}`, () => {
    const error = errorFromAnswer('Cannot read nodes "a"', code, body);

    assert.equal(error.reason, reason);
    assert.equal(error.retriable, retriable);
    assert.match(error.message, /^Cannot read nodes "a": ./);
  });
}

void test("errorFromConnection() names the address and how to check it", () => {
  const cause = new AggregateError([Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"))]);

  const error = errorFromConnection("Cannot list nodes", "https://127.0.0.1:1", cause);

  assert.equal(error.reason, "ApiUnavailable");
  assert.equal(
    error.message,
    "Cannot list nodes: no answer from https://127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1)",
  );
  assert.match(error.remedy ?? "", /curl -k https:\/\/127\.0\.0\.1:1\/livez/);
});

void test("errorFromConnection() tells a wrong certificate from an absent server", () => {
  const cause = Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });

  const error = errorFromConnection("Cannot list nodes", "https://127.0.0.1:1", cause);

  assert.equal(error.reason, "ApiUntrusted");
  assert.equal(error.retriable, false);
});

void test("errorFromWatch() reads the Status inside an ERROR event", () => {
  const expired = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };

  assert.equal(errorFromWatch("Cannot watch nodes", expired).reason, "ApiExpired");
  assert.equal(errorFromWatch("Cannot watch nodes", { odd: true }).reason, "ApiUnavailable");
});
