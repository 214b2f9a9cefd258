import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { Registry } from "prom-client";
import { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import { serverWith } from "../../api/v1alpha1/test-objects.ts";
import { settle, SteppedClock } from "../../controller-runtime/stepped-clock.ts";
import * as resources from "../../kubernetes/resources.ts";
import { StargateError } from "../../lib/errors.ts";
import { silentLog } from "../../lib/log.ts";
import { createEventRecorder } from "../operation/events.ts";
import { FakeCluster } from "../operation/fake-cluster.ts";
import { createDatacenterMetrics } from "./metrics.ts";
import { DevicePoll } from "./device-poll.ts";
import { FakeTailnet } from "./fake-tailnet.ts";
import { placeOfServer, Reachability } from "./reachability.ts";
import { reconcile, type Context } from "./reconcile.ts";
import { Reporter } from "./report.ts";
import { RouteApprover } from "./route-approver.ts";
import { datacenterWith, deviceWith, SUBNET } from "./test-objects.ts";

const KEY = { namespace: "simulator-dc", name: "router-a" };
let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

/** A datacenter with one router and one server, and a controller that a test makes look. */
class Story {
  readonly cluster = new FakeCluster();
  readonly clock = new SteppedClock();
  readonly server = serverWith({ router: { name: "router-a" } });
  readonly reachability = new Reachability(this.clock);
  readonly tailnet = new FakeTailnet(deviceWith());
  writes = 0;
  readonly ctx: Context;

  constructor({ hasCredentials = true } = {}) {
    const { cluster, clock, server } = this;
    cluster.put(resources.datacenters, datacenterWith());
    cluster.beforeWrite = (verb) => void (this.writes += verb === "apply" ? 1 : 0);
    const base = { clock, log: silentLog, random: () => 1 };
    const list = () => cluster.peekAll(resources.datacenters, Datacenter);
    const tailnet = hasCredentials ? this.tailnet : undefined;
    const events = createEventRecorder({
      client: cluster,
      clock,
      log: silentLog,
      component: "qemu-controller",
      instance: "test",
    });
    const metrics = createDatacenterMetrics(new Registry(), "qemu");
    this.ctx = {
      providerId: "qemu",
      datacenters: { get: (key) => cluster.peek(resources.datacenters, key, Datacenter), list },
      servers: { list: () => [server] },
      poll: new DevicePoll({ ...base, tailnet, isNeeded: () => true, onNews: () => undefined }),
      approver: tailnet && new RouteApprover({ ...base, tailnet, datacenters: list }),
      reachability: this.reachability,
      reporter: new Reporter({ client: cluster, clock, events, metrics }),
      clusterNetworks: async () => Promise.resolve([]),
      hostNetworks: () => [],
    };
    this.reachability.record(placeOfServer(server), undefined);
  }

  /** Starts the poll of the tailnet and has the Datacenter looked at. */
  async begin(): Promise<void> {
    void this.ctx.poll.run(stop.signal);
    await settle();
    await this.look();
  }

  async look(): Promise<number | undefined> {
    const next = await reconcile(KEY, this.ctx, stop.signal);
    await settle();
    return next;
  }

  /** Lets this much time go by, and has it looked at. */
  async after(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.look();
  }

  get datacenter(): Datacenter {
    const found = this.cluster.peek(resources.datacenters, KEY, Datacenter);
    assert.ok(found);
    return found;
  }

  condition(type: string): string {
    const found = this.datacenter.status.conditions?.find((condition) => condition.type === type);
    return found === undefined ? "none" : `${found.status} ${found.reason}`;
  }

  get events(): string[] {
    return this.cluster.events.map(({ type, reason }) => `${String(type)} ${String(reason)}`);
  }
}

void describe("reconcile()", () => {
  void it("writes what is so, and nothing more while that stays so", async () => {
    const story = new Story();

    await story.begin();
    await story.after(8_000);
    await story.after(8_000);

    assert.equal(story.writes, 1);
    assert.deepEqual(story.events, []);
    const { conditions = [], ...status } = story.datacenter.status;
    assert.deepEqual(status, {
      observedGeneration: 1,
      activeRouter: "router-a",
      servers: { count: 1, reachable: 1 },
    });
    assert.ok(
      conditions.every((condition) => condition.status === "True"),
      JSON.stringify(conditions, null, 1),
    );
  });

  void it("approves a route that somebody took away, and tells of both", async () => {
    const story = new Story();
    await story.begin();

    story.tailnet.change("router-a", { enabledRoutes: [], primaryRoutes: [] });
    await story.after(8_000);
    assert.deepEqual(story.tailnet.approved, [[SUBNET]]);
    assert.equal(story.condition("RoutesApproved"), "False RoutesNotApproved");
    // It has asked again by itself: the next look needs no time to pass.
    await story.look();

    assert.equal(story.condition("RoutesApproved"), "True RoutesApproved");
    assert.equal(story.condition("Ready"), "True Ready");
    assert.deepEqual(story.events, [
      "Warning RoutesNotApproved",
      "Warning NoRouter",
      "Normal RoutesApproved",
      "Normal RoutePrimary",
    ]);
  });

  void it("says why a route cannot be approved", async () => {
    const story = new Story();
    story.tailnet.change("router-a", { enabledRoutes: [] });
    story.tailnet.errors.approveRoutes.push(
      new StargateError("TailnetForbidden", "Cannot approve: 403", { remedy: "Add devices:routes." }),
    );

    await story.begin();

    assert.equal(story.condition("RoutesApproved"), "False TailnetForbidden");
    const message = story.datacenter.status.conditions?.find(
      ({ type }) => type === "RoutesApproved",
    )?.message;
    assert.match(message ?? "", /not approved: Cannot approve: 403\. Add devices:routes\./);
  });

  void it("tells when a router goes down and when it comes back, and since when", async () => {
    const story = new Story();
    await story.begin();

    story.tailnet.change("router-a", { online: false, primaryRoutes: [] });
    await story.after(8_000);
    assert.equal(story.condition("RouterOnline"), "False RouterOffline");
    const since = story.datacenter.status.conditions?.[0]?.lastTransitionTime;
    assert.equal(since, new Date(8_000).toISOString().replace(".000Z", "Z"));
    assert.equal(story.datacenter.status.activeRouter, undefined);
    story.tailnet.change("router-a", { online: true, primaryRoutes: [SUBNET] });
    await story.after(8_000);

    assert.equal(story.condition("RouterOnline"), "True RouterOnline");
    assert.deepEqual(story.events, [
      "Warning RouterOffline",
      "Warning NoRouter",
      "Normal RouterOnline",
      "Normal RoutePrimary",
    ]);
  });

  void it("looks again when what is known of a silent tailnet becomes too old", async () => {
    const story = new Story();
    await story.begin();
    const silent = () => new StargateError("TailnetUnavailable", "no answer", { retriable: true });
    story.tailnet.errors.listDevices.push(...Array.from({ length: 9 }, silent));

    await story.clock.advance(8_000);
    const next = await story.look();
    assert.equal(next, 22_000);
    assert.equal(story.condition("RouterOnline"), "True RouterOnline");
    await story.after(22_000);

    assert.equal(story.condition("RouterOnline"), "Unknown TailnetUnavailable");
    assert.equal(story.condition("Ready"), "True Ready", "its servers answer");
    assert.deepEqual(story.events, []);
  });

  void it("goes by the servers alone without credentials for the tailnet", async () => {
    const story = new Story({ hasCredentials: false });
    await story.begin();

    assert.equal(story.condition("RoutesApproved"), "Unknown NoTailnetCredentials");
    assert.equal(story.condition("WorkersReachable"), "True AllReachable");
    assert.equal(story.condition("Ready"), "True Ready");
  });

  void it("leaves alone what is another provider's, being deleted, or gone", async () => {
    const story = new Story();
    const put = (change: Parameters<typeof datacenterWith>[0]) =>
      story.cluster.put(resources.datacenters, datacenterWith(change));

    put({ spec: { provider: "azure" } });
    assert.equal(await story.look(), undefined);
    put({ meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } });
    assert.equal(await story.look(), undefined);
    const gone = { ...KEY, name: "nobody" };
    assert.equal(await reconcile(gone, story.ctx, stop.signal), undefined);

    assert.equal(story.writes, 0);
  });

  void it("does not mind that the Datacenter is deleted while it looks", async () => {
    const story = new Story();
    story.cluster.beforeWrite = () => {
      throw new StargateError("ApiNotFound", "gone");
    };

    await story.begin();

    assert.deepEqual(story.events, []);
  });
});
