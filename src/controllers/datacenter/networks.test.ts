import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../lib/fake-clock.ts";
import { silentLog } from "../../lib/log.ts";
import { configMaps } from "../../kubernetes/resources.ts";
import { FakeCluster } from "../operation/fake-cluster.ts";
import { clusterNetworks, hostNetworks, rangesIn } from "./networks.ts";

const { signal } = new AbortController();

void test("rangesIn() reads what kubeadm publishes, of both families the one we route", () => {
  const text = "networking:\n  podSubnet: 10.244.0.0/16,fd00:10::/56\n  serviceSubnet: 10.96.0.0/12\n";

  assert.deepEqual(rangesIn(text), [
    { cidr: "10.244.0.0/16", what: "the cluster's pods" },
    { cidr: "10.96.0.0/12", what: "the cluster's services" },
  ]);
  assert.deepEqual(rangesIn(""), []);
});

void test("clusterNetworks() asks again after a while, and keeps what it knew when that fails", async () => {
  const cluster = new FakeCluster();
  const clock = new FakeClock();
  const read = clusterNetworks({ client: cluster, clock, log: silentLog });
  const put = (podSubnet: string) =>
    cluster.put(configMaps, {
      metadata: { name: "kubeadm-config", namespace: "kube-system" },
      data: { ClusterConfiguration: `networking: { podSubnet: ${podSubnet} }` },
    });
  const cidrs = async () => (await read(signal)).map(({ cidr }) => cidr);

  assert.deepEqual(await cidrs(), ["100.64.0.0/10"]);
  put("10.244.0.0/16");
  assert.deepEqual(await cidrs(), ["100.64.0.0/10"]);
  clock.advance(10 * 60_000);
  assert.deepEqual(await cidrs(), ["100.64.0.0/10", "10.244.0.0/16"]);
  put("{");
  clock.advance(10 * 60_000);
  assert.deepEqual(await cidrs(), ["100.64.0.0/10", "10.244.0.0/16"]);
});

void test("hostNetworks() tells the networks of this host, but not loopback and not the tailnet", () => {
  const base = { netmask: "255.255.255.0", mac: "00:00:00:00:00:00", internal: false };

  const found = hostNetworks({
    lo: [{ ...base, family: "IPv4", address: "127.0.0.1", cidr: "127.0.0.1/8", internal: true }],
    eth0: [{ ...base, family: "IPv4", address: "192.168.100.7", cidr: "192.168.100.7/24" }],
    tailscale0: [{ ...base, family: "IPv4", address: "100.64.0.1", cidr: "100.64.0.1/32" }],
  });

  assert.deepEqual(found, [{ cidr: "192.168.100.0/24", what: "the network at this host's eth0" }]);
});
