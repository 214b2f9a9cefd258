import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import { StargateError } from "../../lib/errors.ts";
import { FakeClock } from "../../lib/fake-clock.ts";
import { silentLog } from "../../lib/log.ts";
import { ThrottledError, type Device } from "../../tailnet/tailnet.ts";
import { FakeTailnet } from "./fake-tailnet.ts";
import { RouteApprover } from "./route-approver.ts";
import { datacenterWith, deviceWith, SUBNET } from "./test-objects.ts";

const SECOND = "192.168.101.0/24";
const FOREIGN = "10.9.0.0/16";
const { signal } = new AbortController();

function setUp(device: Partial<Device> = {}, datacenters: Datacenter[] = [datacenterWith()]) {
  const tailnet = new FakeTailnet(deviceWith({ enabledRoutes: [], ...device }));
  const clock = new FakeClock();
  const approver = new RouteApprover({
    tailnet,
    datacenters: () => datacenters,
    clock,
    log: silentLog,
    random: () => 1,
  });
  return { tailnet, clock, approver, approve: async () => approver.approve("router-a", [], signal) };
}

void describe("RouteApprover", () => {
  void it("approves what the spec names and the router offers, and no more", async () => {
    const { tailnet, approve } = setUp({ advertisedRoutes: [SUBNET, FOREIGN, "0.0.0.0/0"] });

    assert.equal(await approve(), true);

    assert.deepEqual(tailnet.approved, [[SUBNET]]);
  });

  void it("leaves what somebody else approved as it is", async () => {
    const { tailnet, approve } = setUp({ enabledRoutes: [FOREIGN] });

    await approve();

    assert.deepEqual(tailnet.approved, [[FOREIGN, SUBNET]]);
  });

  void it("makes one list for a router of two datacenters", async () => {
    const routers = [{ name: "router-a", address: "192.168.101.1" }];
    const second = datacenterWith({ name: "second", spec: { subnets: [SECOND], routers } });
    const { tailnet, approve } = setUp({ advertisedRoutes: [SUBNET, SECOND] }, [datacenterWith(), second]);

    await Promise.all([approve(), approve()]);

    assert.deepEqual(tailnet.approved, [[SUBNET, SECOND]]);
  });

  void it("does nothing for a route that is there again, or a router that is not", async () => {
    const { tailnet, approver, approve } = setUp({ enabledRoutes: [SUBNET] });

    assert.equal(await approve(), false);
    assert.equal(await approver.approve("router-x", [], signal), false);

    assert.deepEqual(tailnet.approved, []);
  });

  void it("does not approve the cluster's own addresses", async () => {
    const { tailnet, approver } = setUp();

    await approver.approve("router-a", [{ cidr: "192.168.0.0/16", what: "pods" }], signal);

    assert.deepEqual(tailnet.approved, []);
  });

  void it("approves again at once, but not again and again: it never fights somebody", async () => {
    const { tailnet, clock, approve } = setUp();
    const lose = () => tailnet.change("router-a", { enabledRoutes: [] });
    await approve();

    lose();
    assert.equal(await approve(), true);
    lose();
    assert.equal(await approve(), false);
    clock.advance(20_000);
    assert.equal(await approve(), true);
  });

  void it("remembers why it could not, tries again later each time, and forgets once it could", async () => {
    const { tailnet, clock, approver, approve } = setUp();
    const forbidden = new StargateError("TailnetForbidden", "403", { remedy: "Add devices:routes." });
    tailnet.errors.approveRoutes.push(forbidden, forbidden);

    await approve();
    assert.deepEqual(
      [...approver.problems],
      [["router-a", { reason: "TailnetForbidden", message: "403. Add devices:routes." }]],
    );
    clock.advance(8_000);
    await approve();
    clock.advance(8_000);
    assert.equal(await approve(), false);
    clock.advance(8_000);
    assert.equal(await approve(), true);
    assert.deepEqual([...approver.problems], []);
  });

  void it("is silent for as long as the tailnet asks for", async () => {
    const { tailnet, clock, approve } = setUp();
    tailnet.errors.approveRoutes.push(new ThrottledError("slow down", undefined, 300_000));

    await approve();
    clock.advance(299_999);
    assert.equal(await approve(), false);
    clock.advance(1);
    assert.equal(await approve(), true);
  });
});
