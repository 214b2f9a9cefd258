import type { DatacenterRequest } from "../provider.ts";
import type { Datacenter } from "./datacenter-state.ts";

/** A request and the datacenter it led to, for tests. */
export const sampleRequest: DatacenterRequest = {
  routerName: "r1",
  vmNames: ["w1", "w2"],
  subnetCidr: "192.168.100.0/24",
  adminUsername: "ubuntu",
  sshPublicKey: "ssh-ed25519 AAAA somebody",
};

export const sampleDatacenter: Datacenter = {
  version: 1,
  subnetCidr: sampleRequest.subnetCidr,
  adminUsername: sampleRequest.adminUsername,
  sshPublicKey: sampleRequest.sshPublicKey,
  network: { mode: "rootless", group: "239.1.2.3", port: 20_001, uplinkCidr: "10.0.2.0/24" },
  router: {
    ...sampleVm("r1", "192.168.100.1"),
    uplinkMacAddress: "02:00:00:00:00:02",
    join: {
      loginServer: "http://127.0.0.1:8080",
      tags: ["tag:stargate-router"],
      loopbackPorts: [8080, 3340],
      isolated: true,
      keyInSeed: false,
    },
  },
  standbyRouters: [],
  workers: [sampleVm("w1", "192.168.100.10"), sampleVm("w2", "192.168.100.11")],
};

function sampleVm(name: string, ipv4: string): Datacenter["workers"][number] {
  return {
    name,
    ipv4,
    macAddress: "02:00:00:00:00:01",
    uuid: "6e1f8c5e-6f3c-4a3b-9f67-2f1d1b0c9a11",
    cpus: 2,
    memoryMiB: 2048,
    diskGiB: 20,
    hostKey: { privateKey: `private key of ${name}`, publicKey: `ssh-ed25519 ${name}` },
  };
}
