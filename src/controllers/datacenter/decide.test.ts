import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Condition } from "../../api/v1alpha1/kind.ts";
import { decide, type Decision } from "./decide.ts";
import type { Facts, ServerFact } from "./facts.ts";
import { datacenterWith, deviceWith, factsWith, redundantDatacenter, SUBNET } from "./test-objects.ts";

const OTHER = "192.168.101.0/24";
const silent: ServerFact = {
  name: "vm-2",
  reach: { kind: "unreachable", problem: "Cannot connect to 192.168.100.11:22: no answer" },
};
const answers: ServerFact = { name: "vm-1", reach: { kind: "reachable" } };
const untried: ServerFact = { name: "vm-3", reach: { kind: "unknown" } };
const two = redundantDatacenter();
const b = (change = {}) => deviceWith({ hostname: "router-b", primaryRoutes: [], ...change });
const off = { online: false, primaryRoutes: [] };
/** Tailscale's API does not tell who is primary. */
const untold = { primaryRoutes: undefined };
const stranger = deviceWith({ hostname: "laptop", tags: [], primaryRoutes: [] });

function statusOf(decision: Decision, type: string): string {
  const found = decision.conditions.find((condition) => condition.type === type);
  return found === undefined ? "none" : `${found.status} ${found.reason}`;
}

function messageOf(decision: Decision, type: string): string {
  return decision.conditions.find((condition) => condition.type === type)?.message ?? "";
}

function conditionOf(type: string, status: Condition["status"], reason: string): Condition {
  return { type, status, reason, message: "as before", lastTransitionTime: "2026-01-01T00:00:00Z" };
}

const allWell = {
  RouterOnline: "True RouterOnline",
  RoutesAdvertised: "True RoutesAdvertised",
  RoutesApproved: "True RoutesApproved",
  RoutePrimary: "True RoutePrimary",
  WorkersReachable: "True AllReachable",
  NoOverlap: "True NoOverlap",
  Ready: "True Ready",
};

type Case = [what: string, facts: Facts, expected: Partial<Record<keyof typeof allWell, string>>];

const cases: Case[] = [
  ["all is well", factsWith(), {}],
  [
    "a router that is offline",
    factsWith({ devices: [deviceWith(off)] }),
    { RouterOnline: "False RouterOffline", RoutePrimary: "False NoRouter", Ready: "False NoRouter" },
  ],
  [
    "a router that never came",
    factsWith({ devices: [] }),
    {
      RouterOnline: "False RouterNotInTailnet",
      RoutesAdvertised: "Unknown RouterNotInTailnet",
      RoutesApproved: "Unknown RouterNotInTailnet",
      RoutePrimary: "False NoRouter",
      Ready: "False NoRouter",
    },
  ],
  [
    "the old device of a router that was made anew",
    factsWith({ devices: [deviceWith({ id: "old", online: false, enabledRoutes: [] }), deviceWith()] }),
    {},
  ],
  [
    "a router that advertises nothing",
    factsWith({ devices: [deviceWith({ advertisedRoutes: [], enabledRoutes: [], primaryRoutes: [] })] }),
    {
      RoutesAdvertised: "False RoutesNotAdvertised",
      RoutesApproved: "False RoutesNotAdvertised",
      RoutePrimary: "False NoRouter",
      Ready: "False NoRouter",
    },
  ],
  [
    "one of two routers down",
    factsWith({ datacenter: two, devices: [deviceWith(off), b({ primaryRoutes: [SUBNET] })] }),
    { RouterOnline: "False RedundancyLost" },
  ],
  ["two routers, one in use", factsWith({ datacenter: two, devices: [deviceWith(), b()] }), {}],
  [
    "two routers, the second not made yet",
    factsWith({ datacenter: two }),
    { RouterOnline: "False RedundancyLost" },
  ],
  [
    "two routers, both down",
    factsWith({ datacenter: two, devices: [deviceWith(off), b(off)] }),
    { RouterOnline: "False RouterOffline", RoutePrimary: "False NoRouter", Ready: "False NoRouter" },
  ],
  [
    "a router that nothing comes through any more",
    factsWith({ silent: new Map([["router-a", "no answer"]]) }),
    { RouterOnline: "False RouterSilent", RoutePrimary: "False NoRouter", Ready: "False NoRouter" },
  ],
  [
    "a second router that nothing comes through any more",
    factsWith({
      datacenter: two,
      devices: [deviceWith(), b()],
      silent: new Map([["router-b", "no answer"]]),
    }),
    { RouterOnline: "False RedundancyLost" },
  ],
  ["a router of Tailscale, alone", factsWith({ devices: [deviceWith(untold)] }), {}],
  ["two routers of Tailscale", factsWith({ datacenter: two, devices: [deviceWith(untold), b(untold)] }), {}],
  [
    "a stranger with the same route, where primaries are not told",
    factsWith({ devices: [deviceWith(untold), { ...stranger, ...untold }] }),
    {
      RoutePrimary: "Unknown PrimaryNotKnown",
      NoOverlap: "False SubnetOverlaps",
      Ready: "False SubnetOverlaps",
    },
  ],
  [
    "a stranger that carries the traffic",
    factsWith({ devices: [deviceWith({ primaryRoutes: [] }), { ...stranger, primaryRoutes: [SUBNET] }] }),
    {
      RoutePrimary: "False PrimaryElsewhere",
      NoOverlap: "False SubnetOverlaps",
      Ready: "False PrimaryElsewhere",
    },
  ],
  [
    "a machine that only has the router's name",
    factsWith({ devices: [{ ...stranger, hostname: "router-a" }, deviceWith()] }),
    {},
  ],
  [
    "a tailnet that cannot be asked",
    factsWith({ tailnet: { kind: "unknown", reason: "TailnetUnavailable", message: "no answer" } }),
    {
      RouterOnline: "Unknown TailnetUnavailable",
      RoutesAdvertised: "Unknown TailnetUnavailable",
      RoutesApproved: "Unknown TailnetUnavailable",
      RoutePrimary: "Unknown TailnetUnavailable",
    },
  ],
  [
    "a server that is silent",
    factsWith({ servers: [answers, silent] }),
    { WorkersReachable: "False SomeUnreachable", Ready: "False SomeUnreachable" },
  ],
  [
    "servers that are all silent",
    factsWith({ servers: [silent] }),
    { WorkersReachable: "False NoneReachable", Ready: "False NoneReachable" },
  ],
  ["no server yet", factsWith({ servers: [] }), { WorkersReachable: "Unknown NoServers" }],
  [
    "servers that were never tried",
    factsWith({ servers: [answers, untried] }),
    { WorkersReachable: "Unknown NotKnownYet", Ready: "Unknown NotKnownYet" },
  ],
  [
    "another datacenter's addresses",
    factsWith({ others: [datacenterWith({ name: "router-b", spec: { subnets: ["192.168.0.0/16"] } })] }),
    { NoOverlap: "False SubnetOverlaps", Ready: "False SubnetOverlaps" },
  ],
  [
    "workers that could not reach the API server when last verified",
    factsWith({
      datacenter: datacenterWith({
        status: { conditions: [conditionOf("ApiReachableFromWorkers", "False", "ApiUnreachableFromWorker")] },
      }),
    }),
    { Ready: "False ApiUnreachableFromWorker" },
  ],
];

void describe("decide()", () => {
  for (const [what, facts, expected] of cases) {
    void it(`tells of ${what}`, () => {
      const decision = decide(facts);

      const told = Object.fromEntries(Object.keys(allWell).map((type) => [type, statusOf(decision, type)]));
      assert.deepEqual(told, { ...allWell, ...expected });
      assert.deepEqual(decision.lost, []);
    });
  }

  void it("keeps what was known before a restart until something newer is known", () => {
    const conditions = [
      conditionOf("RouterOnline", "False", "RouterOffline"),
      conditionOf("WorkersReachable", "True", "AllReachable"),
    ];
    const status = { conditions, activeRouter: "router-a", servers: { count: 3, reachable: 3 } };
    const datacenter = datacenterWith({ status });

    const decision = decide(
      factsWith({ datacenter, tailnet: { kind: "pending" }, servers: [answers, untried] }),
    );

    assert.equal(statusOf(decision, "RouterOnline"), "False RouterOffline");
    assert.equal(statusOf(decision, "WorkersReachable"), "True AllReachable");
    assert.equal(statusOf(decision, "RoutesApproved"), "Unknown NotKnownYet");
    assert.equal(decision.activeRouter, "router-a");
    assert.deepEqual(decision.servers, { count: 2, reachable: 2 });
  });

  void it("says which router carries the traffic, where that is known", () => {
    const failedOver = factsWith({
      datacenter: two,
      devices: [deviceWith(off), b({ primaryRoutes: [SUBNET] })],
    });
    const untoldOfTwo = factsWith({ datacenter: two, devices: [deviceWith(untold), b(untold)] });

    assert.equal(decide(factsWith()).activeRouter, "router-a");
    assert.equal(decide(failedOver).activeRouter, "router-b");
    assert.match(messageOf(decide(failedOver), "RouterOnline"), /"router-a" is offline; "router-b" carries/);
    assert.equal(decide(untoldOfTwo).activeRouter, undefined);
  });

  void it("names the silent servers, but not a hundred of them", () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ ...silent, name: `vm-${index}` }));

    const message = messageOf(decide(factsWith({ servers: [answers, ...many] })), "WorkersReachable");

    assert.match(
      message,
      /^1 of 101 servers answer\. vm-0: Cannot connect to 192\.168\.100\.11:22: no answer;/,
    );
    assert.match(message, /; and 95 more$/);
  });

  void it("tells of routes that were approved without being asked for, and leaves them", () => {
    const decision = decide(factsWith({ devices: [deviceWith({ enabledRoutes: [SUBNET, OTHER] })] }));

    assert.match(
      messageOf(decision, "RoutesApproved"),
      /not in this spec: 192\.168\.101\.0\/24 of "router-a"/,
    );
    assert.deepEqual(decision.lost, []);
  });
});

void describe("decide() on a route that is not approved", () => {
  const unapproved = deviceWith({ enabledRoutes: [], primaryRoutes: [] });
  const elsewhere = (createdAt: string) =>
    datacenterWith({ name: "router-z", meta: { creationTimestamp: createdAt } });
  const rows: [what: string, change: Parameters<typeof factsWith>[0], reason: string, lost: string[]][] = [
    ["has it approved", {}, "RoutesNotApproved", ["router-a"]],
    [
      "has it approved for a standby too",
      { datacenter: two, devices: [deviceWith(), b({ enabledRoutes: [] })] },
      "RoutesNotApproved",
      ["router-b"],
    ],
    [
      "leaves a device without our tag alone",
      { devices: [{ ...unapproved, tags: [] }] },
      "RouterNotTagged",
      [],
    ],
    [
      "waits until it is advertised",
      { devices: [{ ...unapproved, advertisedRoutes: [] }] },
      "RoutesNotAdvertised",
      [],
    ],
    [
      "leaves the cluster's own addresses alone",
      { reserved: [{ cidr: "192.168.0.0/16", what: "the cluster's pods" }] },
      "SubnetOverlaps",
      [],
    ],
    [
      "leaves an older datacenter's addresses alone",
      { others: [elsewhere("2025-01-01T00:00:00Z")] },
      "SubnetOverlaps",
      [],
    ],
    [
      "does not mind a younger datacenter",
      { others: [elsewhere("2026-06-01T00:00:00Z")] },
      "RoutesNotApproved",
      ["router-a"],
    ],
    [
      "says why it could not be approved",
      { approvalProblems: new Map([["router-a", { reason: "TailnetForbidden", message: "no scope" }]]) },
      "TailnetForbidden",
      ["router-a"],
    ],
  ];
  for (const [what, change, reason, lost] of rows) {
    void it(what, () => {
      const decision = decide(factsWith({ devices: [unapproved], ...change }));

      assert.equal(statusOf(decision, "RoutesApproved"), `False ${reason}`);
      assert.deepEqual(decision.lost, lost);
    });
  }
});
