import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decideTurns, type InLine, type TurnLimits } from "./decide-turns.ts";

/** "a1 working" is the first in datacenter a. */
function inLine(...texts: string[]): InLine[] {
  return texts.map((text) => {
    const [uid = "", state = "waiting"] = text.split(" ");
    const known = ["working", "resting", "returning", "waiting"] as const;
    return {
      uid,
      datacenter: uid.slice(0, 1),
      order: uid.slice(1).padStart(5, "0"),
      state: known.find((one) => one === state) ?? "waiting",
    };
  });
}

const limits = (total: number, inDatacenter = Infinity): TurnLimits => ({
  total,
  inDatacenter: () => inDatacenter,
});

const rows: [given: string, operations: InLine[], limits: TurnLimits, goes: string[], line: string[]][] = [
  ["nobody", [], limits(2), [], []],
  ["room for all", inLine("a1", "a2"), limits(2), ["a1", "a2"], []],
  ["more than there is room for", inLine("a3", "a1", "a2"), limits(2), ["a1", "a2"], ["a3"]],
  ["no room", inLine("a1 working", "a2 working", "a3"), limits(2), [], ["a3"]],
  ["more at work than allowed now", inLine("a1 working", "a2 working", "a3"), limits(1), [], ["a3"]],
  ["a datacenter at its limit", inLine("a1 working", "a2", "b9"), limits(9, 1), ["b9"], ["a2"]],
  ["a datacenter that is to begin none", inLine("a1", "a2"), limits(9, 0), [], ["a1", "a2"]],
  [
    "a long line and a late comer elsewhere",
    inLine("a1 working", "a2", "a3", "a4", "b9"),
    limits(2),
    ["b9"],
    ["a2", "a3", "a4"],
  ],
  [
    "two lines behind each other",
    inLine("a1", "a2", "a3", "b4", "b5"),
    limits(2),
    ["a1", "b4"],
    ["a2", "b5", "a3"],
  ],
  ["one that rests: it leaves its place to others", inLine("a1 resting", "b2"), limits(1), ["b2"], []],
  [
    "one that rests: it keeps its place in its datacenter",
    inLine("a1 resting", "a2"),
    limits(9, 1),
    [],
    ["a2"],
  ],
  [
    "one that returns: before those that never began",
    inLine("a1", "a2 returning"),
    limits(1),
    ["a2"],
    ["a1"],
  ],
  ["one that returns where the limit is reached", inLine("a1 returning", "a2"), limits(9, 1), ["a1"], ["a2"]],
  [
    "servers that do not answer in one datacenter",
    inLine("a1 working", "a2 returning", "a3 returning", "b9"),
    limits(2),
    ["b9"],
    ["a2", "a3"],
  ],
];

for (const [given, operations, within, goes, line] of rows) {
  void test(`decideTurns() given ${given}`, () => {
    const decision = decideTurns(operations, within);

    assert.deepEqual([...decision.goes], goes);
    assert.deepEqual(decision.line, line);
  });
}

const anyone: fc.Arbitrary<InLine[]> = fc
  .array(
    fc.record({
      datacenter: fc.constantFrom("a", "b", "c"),
      order: fc.integer({ min: 0, max: 30 }).map((number) => String(number).padStart(5, "0")),
      state: fc.constantFrom("working", "resting", "returning", "waiting", "waiting", "waiting"),
    }),
    { maxLength: 40 },
  )
  .map((list) => list.map((one, index) => ({ ...one, uid: `uid-${index}` })));
const anyLimits = fc.record({ total: fc.nat(12), a: fc.nat(6), b: fc.nat(6), c: fc.constant(Infinity) });

function check(property: (operations: InLine[], within: TurnLimits) => void): void {
  fc.assert(
    fc.property(anyone, anyLimits, (operations, { total, ...of }) => {
      const own = new Map(Object.entries(of));
      property(operations, { total, inDatacenter: (datacenter) => own.get(datacenter) ?? 0 });
    }),
    { numRuns: 2_000 },
  );
}

function count(
  operations: readonly InLine[],
  datacenter: string,
  isCounted: (one: InLine) => boolean,
): number {
  return operations.filter((one) => one.datacenter === datacenter && isCounted(one)).length;
}

void test("nobody goes beyond a limit", () => {
  check((operations, within) => {
    const { goes } = decideTurns(operations, within);
    const working = operations.filter(({ state }) => state === "working").length;

    assert.ok(goes.size === 0 || working + goes.size <= within.total);
    for (const datacenter of ["a", "b", "c"]) {
      const begun = count(operations, datacenter, ({ state }) => state !== "waiting");
      const begins = count(operations, datacenter, ({ uid, state }) => state === "waiting" && goes.has(uid));
      assert.ok(begins === 0 || begun + begins <= within.inDatacenter(datacenter));
    }
  });
});

void test("who wants to goes or is in line, once, and nobody else", () => {
  check((operations, within) => {
    const { goes, line } = decideTurns(operations, within);
    const wanting = operations.filter(({ state }) => state === "returning" || state === "waiting");

    assert.deepEqual([...goes, ...line].toSorted(), wanting.map(({ uid }) => uid).toSorted());
  });
});

void test("while there is room, only a datacenter's own limit holds anybody", () => {
  check((operations, within) => {
    const { goes, line } = decideTurns(operations, within);
    const working = operations.filter(({ state }) => state === "working").length;
    if (working + goes.size >= within.total) return;

    for (const one of operations.filter(({ uid }) => line.includes(uid))) {
      assert.equal(one.state, "waiting");
      const begun = count(
        operations,
        one.datacenter,
        ({ state, uid }) => state !== "waiting" || goes.has(uid),
      );
      assert.ok(begun >= within.inDatacenter(one.datacenter));
    }
  });
});

void test("no datacenter is left out for one that is worked in more", () => {
  check((operations, within) => {
    const { goes, line } = decideTurns(operations, within);
    const worked = (datacenter: string): number =>
      count(operations, datacenter, ({ state, uid }) => state === "working" || goes.has(uid));
    const isOpen = (one: InLine): boolean =>
      one.state === "returning" ||
      count(operations, one.datacenter, ({ state, uid }) => state !== "waiting" || goes.has(uid)) <
        within.inDatacenter(one.datacenter);
    const leftOut = operations.filter((one) => line.includes(one.uid) && isOpen(one));

    for (const one of operations.filter(({ uid }) => goes.has(uid))) {
      for (const other of leftOut) assert.ok(worked(one.datacenter) <= worked(other.datacenter) + 1);
    }
  });
});

void test("in a datacenter those that have begun come first, then the oldest", () => {
  check((operations, within) => {
    const { goes, line } = decideTurns(operations, within);
    const byUid = new Map(operations.map((one) => [one.uid, one]));
    const rank = (uid: string): string => {
      const one = byUid.get(uid);
      return `${one?.state === "returning" ? 0 : 1} ${one?.order ?? ""}`;
    };
    for (const datacenter of ["a", "b", "c"]) {
      const inOrder = [...goes, ...line].filter((uid) => byUid.get(uid)?.datacenter === datacenter).map(rank);
      assert.deepEqual(inOrder, inOrder.toSorted());
    }
  });
});

void test("it does not matter in which order they are looked at", () => {
  check((operations, within) => {
    const { goes, line } = decideTurns(operations, within);
    const backwards = decideTurns(operations.toReversed(), within);

    assert.deepEqual([...backwards.goes], [...goes]);
    assert.deepEqual(backwards.line, line);
  });
});

void test("500 in line in one datacenter hold up one in another until somebody ends, and no longer", () => {
  const crowd = inLine(
    ...Array.from({ length: 500 }, (_, index) => `a${index}${index < 10 ? " working" : ""}`),
  );
  const late = inLine("b999");

  const full = decideTurns([...crowd, ...late], limits(10));
  const oneEnded = decideTurns([...crowd.slice(1), ...late], limits(10));

  assert.equal(full.line[0], "b999");
  assert.deepEqual([...oneEnded.goes], ["b999"]);
});

void test("whoever waits goes in the end, however many others come", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 200 }), (comers) => {
      let here = inLine("b0", ...Array.from({ length: 20 }, (_, index) => `a${index + 1} working`));
      for (const [index, datacenter] of comers.entries()) {
        here = [...here, ...inLine(`${datacenter}${1_000 + index}`)];
        here = here.filter(({ uid }) => uid !== here.find(({ state }) => state === "working")?.uid);
        const { goes } = decideTurns(here, limits(20));
        here = here.map((one) => (goes.has(one.uid) ? { ...one, state: "working" } : one));
      }
      if (comers.length > 0) assert.ok(!here.some(({ uid, state }) => uid === "b0" && state === "waiting"));
    }),
  );
});
