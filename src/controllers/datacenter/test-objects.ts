import { Datacenter, type DatacenterSpec, type DatacenterStatus } from "../../api/v1alpha1/datacenter.ts";
import { API_VERSION } from "../../api/v1alpha1/kind.ts";
import { ROUTER_TAG, type Device } from "../../tailnet/tailnet.ts";
import type { Facts } from "./facts.ts";

/** Objects for tests: whole and valid, with what a test cares about changed. */
export const SUBNET = "192.168.100.0/24";

export function datacenterWith(
  change: {
    name?: string;
    spec?: Partial<DatacenterSpec>;
    meta?: Partial<Datacenter["metadata"]>;
    status?: DatacenterStatus;
  } = {},
): Datacenter {
  const { name = "router-a" } = change;
  return Datacenter.parse({
    apiVersion: API_VERSION,
    kind: "Datacenter",
    metadata: {
      name,
      namespace: "simulator-dc",
      uid: `uid-of-${name}`,
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...change.meta,
    },
    spec: {
      provider: "qemu",
      subnets: [SUBNET],
      routers: [{ name, address: "192.168.100.1" }],
      ...change.spec,
    },
    status: change.status ?? {},
  });
}

/** Two routers for one subnet. */
export function redundantDatacenter(): Datacenter {
  const routers = [
    { name: "router-a", address: "192.168.100.1" },
    { name: "router-b", address: "192.168.100.2" },
  ];
  return datacenterWith({ spec: { routers } });
}

/** A router as it should be: online, its route advertised, approved and in use. */
export function deviceWith(change: Partial<Device> = {}): Device {
  const { hostname = "router-a" } = change;
  return {
    id: `id-of-${hostname}`,
    hostname,
    addresses: ["100.64.0.2"],
    tags: [ROUTER_TAG],
    online: true,
    advertisedRoutes: [SUBNET],
    enabledRoutes: [SUBNET],
    primaryRoutes: [SUBNET],
    ...change,
  };
}

/** A datacenter where all is well, but for what is changed. */
export function factsWith({ devices, ...change }: Partial<Facts> & { devices?: Device[] } = {}): Facts {
  return {
    datacenter: datacenterWith(),
    others: [],
    tailnet: { kind: "devices", devices: devices ?? [deviceWith()] },
    silent: new Map(),
    approvalProblems: new Map(),
    servers: [
      { name: "vm-1", reach: { kind: "reachable" } },
      { name: "vm-2", reach: { kind: "reachable" } },
    ],
    reserved: [{ cidr: "10.244.0.0/16", what: "the cluster's pods" }],
    hostNetworks: [],
    ...change,
  };
}
