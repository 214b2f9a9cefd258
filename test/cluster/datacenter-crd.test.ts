import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import { datacenters } from "../../src/kubernetes/resources.ts";
import { kubectlFor } from "./kubectl.ts";
import { startApiServer, type TestApiServer } from "./start-api-server.ts";

let server: TestApiServer;

before(async () => {
  server = await startApiServer({ crds: true });
});

after(() => server.stop());

const good = {
  provider: "qemu",
  subnets: ["192.168.100.0/24"],
  routers: [{ name: "router", address: "192.168.100.1" }],
};
const second = { name: "router-2", address: "192.168.100.2" };

void test("the API server takes a datacenter with one router, or with several for one subnet", async () => {
  for (const routers of [good.routers, [...good.routers, second]]) {
    const metadata = { name: `with-${routers.length}`, namespace: "default" };
    const spec = { ...good, provider: "nobody", routers };
    await server.client.create(datacenters, "default", {
      apiVersion: API_VERSION,
      kind: "Datacenter",
      metadata,
      spec,
    });
  }
  const change = server.client.mergePatch(
    datacenters,
    { namespace: "default", name: "with-1" },
    { spec: { provider: "azure" } },
  );
  await assert.rejects(change, /a datacenter stays with its provider/);
});

const refused: [what: string, spec: object, message: RegExp][] = [
  ["an address for a subnet", { subnets: ["192.168.100.7/24"] }, /write a subnet as 192\.168\.100\.0\/24/],
  ["a subnet without a length", { subnets: ["192.168.100.0"] }, /write a subnet as/],
  ["a subnet of IPv6", { subnets: ["fd00::/64"] }, /write a subnet as/],
  ["the whole internet", { subnets: ["0.0.0.0/0"] }, /would take others' traffic/],
  ["no subnet", { subnets: [] }, /subnets/],
  ["a subnet twice", { subnets: [...good.subnets, ...good.subnets] }, /Duplicate value/],
  ["no router", { routers: [] }, /routers/],
  ["a router twice", { routers: [...good.routers, ...good.routers] }, /Duplicate value/],
  ["a router elsewhere", { routers: [{ name: "r", address: "10.0.0.1" }] }, /lie in one of the subnets/],
];
for (const [what, spec, message] of refused) {
  void test(`the API server refuses a datacenter with ${what}`, async () => {
    const metadata = { name: "refused", namespace: "default" };
    const body = { apiVersion: API_VERSION, kind: "Datacenter", metadata, spec: { ...good, ...spec } };

    await assert.rejects(server.client.create(datacenters, "default", body), message);
  });
}

void test("kubectl shows what matters of a datacenter, by its short name too", async () => {
  const kubectl = await kubectlFor(server);

  const { stdout } = await kubectl(["get", "dc", "-o", "wide"]);

  assert.match(
    stdout,
    /^NAME +PROVIDER +SUBNET +VIA +ROUTER +SERVERS +REACHABLE +READY +OPERATIONS +ADVERTISED +APPROVED/,
  );
  assert.match(stdout, /^with-1 +nobody +192\.168\.100\.0\/24/m);
  const explained = await kubectl(["explain", "datacenter.spec.routers"]);
  assert.match(explained.stdout, /The way in/);
});
