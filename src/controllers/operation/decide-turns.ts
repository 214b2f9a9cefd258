/** An Operation that is under way or wants to be, as far as taking turns goes. */
export interface InLine {
  uid: string;
  /** Where its Server is: those of one datacenter share its router. */
  datacenter: string;
  /** Orders those of one datacenter; the smallest is first. */
  order: string;
  /**
   * working: counts in its datacenter and in all. resting: has begun and waits for its next try: counts in its
   * datacenter only, so that servers that do not answer hold up nobody elsewhere. returning: wants that next try now.
   * waiting: has not begun.
   */
  state: "working" | "resting" | "returning" | "waiting";
}

export interface TurnLimits {
  /** Worked on at once, by one controller. */
  total: number;
  /** Begun and not ended, in this datacenter. */
  inDatacenter(datacenter: string): number;
}

export interface TurnDecision {
  /** Those that may begin or go on now, beside those that work. */
  goes: ReadonlySet<string>;
  /** All others that want to, in the order in which they would go if nobody else came. */
  line: readonly string[];
  working: number;
  /** Begun and not ended, by datacenter. */
  begun: ReadonlyMap<string, number>;
}

/**
 * Pure: who goes next. Of datacenters that have somebody who may go, the one goes that is worked in least, and of equals
 * the one whose first has waited longest; so a long line in one holds up nobody in another. In a datacenter, those that
 * have begun come before those that have not, and else the oldest first.
 */
export function decideTurns(operations: readonly InLine[], limits: TurnLimits): TurnDecision {
  const lines = [...Map.groupBy(operations, ({ datacenter }) => datacenter)].map(
    ([datacenter, members]) => new DatacenterLine(members, limits.inDatacenter(datacenter)),
  );
  const working = sum(lines.map((line) => line.working));
  const begun = new Map(lines.map((line) => [line.datacenter, line.begun]));
  const goes = new Set<string>();
  for (let free = limits.total - working; free > 0; free--) {
    const next = longestNeglected(lines.filter((line) => line.mayGo));
    if (next === undefined) break;
    goes.add(next.take());
  }
  const rest: string[] = [];
  for (let next = longestNeglected(lines); next !== undefined; next = longestNeglected(lines)) {
    rest.push(next.take());
  }
  return { goes, line: rest, working, begun };
}

class DatacenterLine {
  readonly datacenter: string;
  working: number;
  begun: number;
  readonly #limit: number;
  readonly #line: readonly InLine[];
  #taken = 0;

  constructor(members: readonly InLine[], limit: number) {
    const count = (...states: InLine["state"][]) =>
      members.filter(({ state }) => states.includes(state)).length;
    this.datacenter = members[0]?.datacenter ?? "";
    this.working = count("working");
    this.begun = count("working", "resting", "returning");
    this.#limit = limit;
    this.#line = members
      .filter(({ state }) => state === "returning" || state === "waiting")
      .toSorted(compare);
  }

  get first(): InLine | undefined {
    return this.#line[this.#taken];
  }

  get mayGo(): boolean {
    return this.first?.state === "returning" || this.begun < this.#limit;
  }

  take(): string {
    const { first } = this;
    if (first === undefined) throw new RangeError("nobody is in line here");
    this.#taken++;
    this.working++;
    if (first.state === "waiting") this.begun++;
    return first.uid;
  }
}

function longestNeglected(lines: readonly DatacenterLine[]): DatacenterLine | undefined {
  let best: DatacenterLine | undefined;
  for (const line of lines) {
    if (line.first === undefined) continue;
    if (best?.first === undefined || isBefore(line, line.first, best, best.first)) best = line;
  }
  return best;
}

function isBefore(a: DatacenterLine, firstOfA: InLine, b: DatacenterLine, firstOfB: InLine): boolean {
  if (a.working !== b.working) return a.working < b.working;
  return (
    firstOfA.order < firstOfB.order || (firstOfA.order === firstOfB.order && firstOfA.uid < firstOfB.uid)
  );
}

function compare(a: InLine, b: InLine): number {
  if (a.state !== b.state) return a.state === "returning" ? -1 : 1;
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return a.uid < b.uid ? -1 : 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
