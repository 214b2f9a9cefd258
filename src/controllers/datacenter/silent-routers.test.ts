import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serverWith } from "../../api/v1alpha1/test-objects.ts";
import { FakeClock } from "../../lib/fake-clock.ts";
import { placeOfRouter, placeOfServer, Reachability } from "./reachability.ts";
import { silentRouters } from "./silent-routers.ts";
import { datacenterWith, redundantDatacenter } from "./test-objects.ts";

const server = serverWith();
type Try = [who: "router-a" | "router-b" | "server", outcome: "answers" | "silent"];

const twice = (who: Try[0]): Try[] => [
  [who, "silent"],
  [who, "silent"],
];

/** Which routers count as silent after these tries, a second apart. */
function afterTries(
  tries: readonly Try[],
  { datacenter = datacenterWith(), servers = [server] } = {},
): string[] {
  const clock = new FakeClock();
  const reachability = new Reachability(clock);
  for (const [who, outcome] of tries) {
    const router = datacenter.spec.routers.find(({ name }) => name === who);
    const place = router === undefined ? placeOfServer(server) : placeOfRouter(datacenter, router);
    reachability.record(place, outcome === "answers" ? undefined : "no answer");
    clock.advance(1_000);
  }
  return [...silentRouters(datacenter, servers, reachability).keys()];
}

void describe("silentRouters()", () => {
  const rows: [what: string, tries: Try[], expected: string[]][] = [
    ["no router that was not tried", [], []],
    ["no router that answers", [["router-a", "answers"]], []],
    [
      "no router for one lost packet",
      [
        ["router-a", "answers"],
        ["router-a", "silent"],
        ["server", "silent"],
      ],
      [],
    ],
    [
      "a router that stopped to answer, as a server behind it did",
      [
        ["router-a", "answers"],
        ["server", "answers"],
        ["router-a", "silent"],
        ["server", "silent"],
        ["router-a", "silent"],
      ],
      ["router-a"],
    ],
    [
      "no router before a server behind it was tried too",
      [["server", "answers"], ["router-a", "answers"], ...twice("router-a")],
      [],
    ],
    [
      "no router that a server still answers behind",
      [["router-a", "answers"], ...twice("router-a"), ["server", "answers"]],
      [],
    ],
    [
      "no router that never answered, for one silent packet",
      [...twice("router-a"), ["server", "silent"]],
      [],
    ],
    [
      "a router that never answered where no server does",
      [...twice("router-a"), ...twice("server")],
      ["router-a"],
    ],
    [
      "no router that is back",
      [["router-a", "answers"], ...twice("router-a"), ...twice("server"), ["router-a", "answers"]],
      [],
    ],
  ];
  for (const [what, tries, expected] of rows) {
    void it(`names ${what}`, () => assert.deepEqual(afterTries(tries), expected));
  }

  void it("names a router without servers by its own silence", () => {
    const tries: Try[] = [["router-a", "answers"], ...twice("router-a")];

    assert.deepEqual(afterTries(tries, { servers: [] }), ["router-a"]);
  });

  void it("names the one of two that is silent, though servers answer through the other", () => {
    const tries: Try[] = [
      ["router-a", "answers"],
      ["router-b", "answers"],
      ...twice("router-b"),
      ["server", "answers"],
    ];

    assert.deepEqual(afterTries(tries, { datacenter: redundantDatacenter() }), ["router-b"]);
  });
});
