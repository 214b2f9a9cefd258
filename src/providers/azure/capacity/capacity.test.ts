import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceSku } from "@azure/arm-compute";
import { findQuotaMistakes } from "./quota.ts";
import { findSizeMistake, readVmSizes } from "./vm-sizes.ts";

function sku(
  name: string,
  options: Partial<ResourceSku> & { nics?: string; vcpus?: string } = {},
): ResourceSku {
  return {
    resourceType: "virtualMachines",
    name,
    family: "standardDSv5Family",
    locations: ["CanadaCentral"],
    locationInfo: [{ location: "CanadaCentral", zones: ["3", "1", "2"] }],
    capabilities: [
      { name: "vCPUs", value: options.vcpus ?? "2" },
      { name: "MemoryGB", value: "8" },
      { name: "MaxNetworkInterfaces", value: options.nics ?? "2" },
    ],
    restrictions: [],
    ...options,
  };
}

const sizes = readVmSizes(
  [
    sku("Standard_D2s_v5"),
    sku("Standard_D4s_v5", { vcpus: "4" }),
    sku("Standard_B1s", { nics: "1", vcpus: "1" }),
    sku("Standard_Z2", { restrictions: [{ type: "Zone", restrictionInfo: { zones: ["1"] } }] }),
    sku("Standard_X2", { restrictions: [{ type: "Location", values: ["CanadaCentral"] }] }),
    sku("Standard_E2", { locations: ["eastus"] }),
    sku("Disk", { resourceType: "disks" }),
  ],
  "canadacentral",
);

void test("readVmSizes() keeps the sizes of the location, with their zones in order", () => {
  assert.deepEqual(
    sizes.map(({ name, zones, isAvailable }) => [name, zones.join(), isAvailable]),
    [
      ["Standard_D2s_v5", "1,2,3", true],
      ["Standard_D4s_v5", "1,2,3", true],
      ["Standard_B1s", "1,2,3", true],
      ["Standard_Z2", "2,3", true],
      ["Standard_X2", "1,2,3", false],
    ],
  );
});

const wishes: { name: string; zone?: string; interfaces?: number; expected: RegExp | undefined }[] = [
  { name: "standard_d2s_V5", zone: "1", expected: undefined },
  {
    name: "Standard_E2",
    expected: /canadacentral has no VM size Standard_E2; these would do there: Standard_D2s_v5/,
  },
  { name: "Standard_X2", expected: /cannot have Standard_X2 in canadacentral; these would do/ },
  {
    name: "Standard_Z2",
    zone: "1",
    expected: /does not offer Standard_Z2 \(zones that do: 2, 3\); these would do there: Standard_D2s_v5/,
  },
  {
    name: "Standard_B1s",
    interfaces: 2,
    expected: /takes 1 network interface, and the router needs 2; these/,
  },
];

for (const { name, zone, interfaces = 1, expected } of wishes) {
  void test(`findSizeMistake(): ${name}${zone === undefined ? "" : ` in zone ${zone}`}`, () => {
    const mistake = findSizeMistake(sizes, { name, zone, location: "canadacentral", interfaces });

    if (expected === undefined) assert.equal(mistake, undefined);
    else assert.match(mistake ?? "", expected);
  });
}

void test("findQuotaMistakes() counts all VMs together, by family and in all", () => {
  const vms = [{ size: "Standard_D2s_v5" }, { size: "Standard_D4s_v5" }];
  const quota = [
    { name: "cores", used: 95, limit: 100 },
    { name: "standardDSv5Family", used: 4, limit: 10 },
    { name: "standardFSv2Family", used: 10, limit: 10 },
  ];

  assert.deepEqual(findQuotaMistakes(vms, sizes, quota, "canadacentral"), [
    "6 vCPUs in all are needed in canadacentral, and 5 of 100 are left",
  ]);
  assert.deepEqual(findQuotaMistakes([], sizes, quota, "canadacentral"), []);
});
