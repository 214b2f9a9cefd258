import assert from "node:assert/strict";
import { test } from "node:test";
import { certificateRequestOf } from "./test-certificate-request.ts";
import { commonNameOf, isJoinOf, KUBELET_CLIENT_SIGNER } from "./certificate-request.ts";

const request = certificateRequestOf("vm-1");
const join = { username: "system:bootstrap:abcdef", nodeName: "vm-1" };

function requestBy(username: string, signerName = KUBELET_CLIENT_SIGNER) {
  return {
    metadata: { name: "csr-1", creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { request, signerName, username },
  };
}

void test("commonNameOf() reads the subject of a kubelet's request", () => {
  assert.equal(commonNameOf(request), "system:node:vm-1");
});

void test("commonNameOf() finds nothing in what is no certificate request", () => {
  assert.equal(commonNameOf(Buffer.from("hello").toString("base64")), undefined);
});

void test("isJoinOf() knows the join of this token and node", () => {
  assert.equal(isJoinOf(requestBy("system:bootstrap:abcdef"), join), true);
});

void test("isJoinOf() takes no other token's, no other node's and no other signer's request for it", () => {
  assert.equal(isJoinOf(requestBy("system:bootstrap:ghijkl"), join), false);
  assert.equal(isJoinOf(requestBy("system:bootstrap:abcdef"), { ...join, nodeName: "vm-10" }), false);
  assert.equal(isJoinOf(requestBy("system:bootstrap:abcdef", "kubernetes.io/kubelet-serving"), join), false);
});
