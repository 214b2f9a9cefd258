import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyCounter, options, request, startAzure, type AzureWorld } from "./azure-world.ts";
import type { Resource } from "./fake-arm/core/store.ts";
import { letsIn, type Packet } from "./fake-arm/network/admission.ts";
import { routeTo, wayOut } from "./fake-arm/network/effective-routes.ts";

function nic({ fake }: AzureWorld, name: string): Resource {
  const found = fake.arm.store.all().find(({ id }) => id.endsWith(`/networkInterfaces/${name}`));
  assert.ok(found);
  return found;
}

const hops: { to: string; what: string; worker: string }[] = [
  { to: "1.1.1.1", what: "the internet", worker: "VirtualAppliance 10.50.1.4" },
  { to: "100.64.0.1", what: "MX in the tailnet", worker: "VirtualAppliance 10.50.1.4" },
  { to: "10.244.3.9", what: "a pod", worker: "VirtualAppliance 10.50.1.4" },
  { to: "192.168.100.10", what: "another datacenter's worker", worker: "VirtualAppliance 10.50.1.4" },
  { to: "172.20.0.9", what: "another datacenter's worker", worker: "VirtualAppliance 10.50.1.4" },
  { to: "10.50.1.11", what: "its neighbour", worker: "VnetLocal" },
];

const packets: { to: string; packet: Packet; isLetIn: boolean }[] = [
  { to: "router-1-uplink-nic", packet: { protocol: "Tcp", port: 22, from: "1.2.3.4" }, isLetIn: false },
  { to: "router-1-uplink-nic", packet: { protocol: "Tcp", port: 6443, from: "1.2.3.4" }, isLetIn: false },
  { to: "router-1-uplink-nic", packet: { protocol: "Udp", port: 41641, from: "1.2.3.4" }, isLetIn: true },
  { to: "worker-1-nic", packet: { protocol: "Tcp", port: 22, from: "1.2.3.4" }, isLetIn: false },
  { to: "worker-1-nic", packet: { protocol: "Tcp", port: 22, from: "10.50.1.4" }, isLetIn: true },
  { to: "worker-1-nic", packet: { protocol: "Tcp", port: 22, from: "100.64.0.5" }, isLetIn: true },
  { to: "worker-1-nic", packet: { protocol: "Tcp", port: 10250, from: "100.64.0.1" }, isLetIn: true },
  { to: "worker-1-nic", packet: { protocol: "Udp", port: 8472, from: "192.168.100.10" }, isLetIn: true },
  { to: "router-1-nic", packet: { protocol: "Tcp", port: 443, from: "10.50.1.10" }, isLetIn: true },
];

void test("packets of a datacenter go through its router, and only those come in that should", async () => {
  await using azure = await startAzure();
  await azure.provider.ensureDatacenter(request(), options(azure), new KeyCounter(), azure.run());
  const { arm } = azure.fake;

  for (const { to, what, worker } of hops) {
    const hop = routeTo(arm, nic(azure, "worker-1-nic"), to);
    assert.equal(`${hop?.nextHopType} ${hop?.nextHopIpAddress ?? ""}`.trim(), worker, `${what} (${to})`);
  }
  // Its own way out must not lead back to itself.
  assert.equal(routeTo(arm, nic(azure, "router-1-uplink-nic"), "1.1.1.1")?.nextHopType, "Internet");
  assert.equal(wayOut(arm, nic(azure, "router-1-uplink-nic")), "public IP");
  assert.equal(wayOut(arm, nic(azure, "worker-1-nic")), undefined);
  for (const { to, packet, isLetIn } of packets) {
    assert.equal(letsIn(arm, nic(azure, to), packet), isLetIn, `${JSON.stringify(packet)} to ${to}`);
  }
});
