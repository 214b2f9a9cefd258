import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DatacenterRequest } from "../providers/provider.ts";
import { findMistakes, type Surroundings } from "./check-request.ts";

const request: DatacenterRequest = {
  routerName: "router-a",
  vmNames: ["vm-1", "vm-2"],
  subnetCidr: "192.168.100.0/24",
  adminUsername: "ubuntu",
  sshPublicKey: "ssh-ed25519 AAAA",
};
const around: Surroundings = {
  reserved: [{ cidr: "10.244.0.0/16", what: "the cluster's pods" }],
  taken: [{ cidr: "192.168.101.0/24", what: "datacenter router-b" }],
  routerNames: ["router-b", "router-a-2"],
  servers: [],
};
const longName = "a".repeat(64);

void describe("findMistakes()", () => {
  const cases: [name: string, change: Partial<DatacenterRequest>, expected: RegExp[]][] = [
    ["nothing in a good request", {}, []],
    ["a name that is no host name", { vmNames: ["VM_1"] }, [/"VM_1" is no valid VM name/]],
    ["a name that is too long", { routerName: longName }, [/is no valid router name/]],
    ["a name with a dash at its end", { vmNames: ["vm-"] }, [/"vm-" is no valid VM name/]],
    ["a name given twice", { vmNames: ["vm-1", "vm-1"] }, [/vm-1 is given twice/]],
    ["a VM named like the router", { vmNames: ["router-a"] }, [/router-a is given twice/]],
    ["a second router named like a VM", { standbyNames: ["vm-1"] }, [/vm-1 is given twice/]],
    ["a second router named like another's", { standbyNames: ["router-a-2"] }, [/router-a-2 is a router of/]],
    ["a second router", { standbyNames: ["router-a-3"] }, []],
    ["no VM at all", { vmNames: [] }, [/no VM was named/]],
    ["a subnet that is none", { subnetCidr: "192.168.100/24" }, [/is no subnet/]],
    ["an address instead of a subnet", { subnetCidr: "192.168.100.7/24" }, [/is no subnet/]],
    ["a subnet without a length", { subnetCidr: "192.168.100.0" }, [/is no subnet/]],
    [
      "a subnet that is too small",
      { subnetCidr: "192.168.100.0/28", vmNames: ["a", "b", "c", "d", "e", "f"] },
      [/room for 5 workers/],
    ],
    ["the pods' range", { subnetCidr: "10.244.7.0/24" }, [/overlaps the cluster's pods/]],
    ["another datacenter's subnet", { subnetCidr: "192.168.101.128/25" }, [/overlaps datacenter router-b/]],
    ["a wider subnet around another's", { subnetCidr: "192.168.0.0/16" }, [/overlaps datacenter router-b/]],
    [
      "several mistakes at once",
      { routerName: "-", vmNames: ["x", "x"], subnetCidr: "10.244.0.0/24" },
      [/router name/, /twice/, /pods/],
    ],
  ];
  for (const [name, change, expected] of cases) {
    void it(`finds ${name}`, () => {
      const mistakes = findMistakes({ ...request, ...change }, "simulator-dc", around);

      assert.equal(mistakes.length, expected.length, mistakes.join("\n"));
      expected.forEach((pattern, index) => assert.match(mistakes[index] ?? "", pattern));
    });
  }

  const server = { name: "vm-1", namespace: "simulator-dc", ipv4: "192.168.100.10", router: "router-a" };
  void it("takes Servers of the same router as this datacenter's own", () => {
    assert.deepEqual(findMistakes(request, "simulator-dc", { ...around, servers: [server] }), []);
  });

  void it("finds an address that another datacenter's Server has", () => {
    const other = { ...server, name: "elsewhere", router: "router-c" };

    const mistakes = findMistakes(request, "simulator-dc", { ...around, servers: [other] });

    assert.match(mistakes.join(), /192\.168\.100\.10 .* Server simulator-dc\/elsewhere/);
  });

  void it("finds a Server of the same name that belongs to another router", () => {
    const other = { ...server, ipv4: "10.0.0.1", router: undefined };

    assert.match(
      findMistakes(request, "simulator-dc", { ...around, servers: [other] }).join(),
      /is there already/,
    );
    assert.deepEqual(findMistakes(request, "other-dc", { ...around, servers: [other] }), []);
  });
});
