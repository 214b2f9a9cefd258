import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findDifferences } from "./find-differences.ts";
import { sampleDatacenter, sampleRequest } from "./sample-datacenter.ts";

void describe("findDifferences()", () => {
  void it("finds none in the same request, whatever VMs it names and however the key is commented", () => {
    const request = { ...sampleRequest, vmNames: ["w7"], sshPublicKey: "ssh-ed25519 AAAA" };

    assert.deepEqual(findDifferences(sampleDatacenter, request, "rootless"), []);
  });

  void it("names everything that differs as it is", () => {
    const request = {
      ...sampleRequest,
      standbyNames: ["r1-2"],
      subnetCidr: "10.9.0.0/24",
      adminUsername: "root",
      sshPublicKey: "ssh-ed25519 BBBB",
    };

    assert.deepEqual(findDifferences(sampleDatacenter, request, "bridge"), [
      "router r1",
      "subnet 192.168.100.0/24",
      "network rootless",
      "user ubuntu",
      "another SSH public key",
    ]);
  });
});
