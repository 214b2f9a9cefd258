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
 * the one whose first is older; so a long line in one holds up nobody in another. In a datacenter, those that have begun
 * come before those that have not, and else the oldest first.
 */
export function decideTurns(operations: readonly InLine[], limits: TurnLimits): TurnDecision {
  const begun = new Map<string, number>();
  const candidates: Candidate[] = [];
  let working = 0;
  for (const [datacenter, members] of Map.groupBy(operations, (one) => one.datacenter)) {
    const begunThere = members.filter(({ state }) => state !== "waiting").length;
    const workingThere = members.filter(({ state }) => state === "working").length;
    begun.set(datacenter, begunThere);
    working += workingThere;
    candidates.push(...lineUp(members, workingThere, limits.inDatacenter(datacenter) - begunThere));
  }
  candidates.sort(compare);
  const next = candidates.filter(({ mayGo }) => mayGo).slice(0, Math.max(limits.total - working, 0));
  const goes = new Set(next.map(({ uid }) => uid));
  const line = candidates.flatMap(({ uid }) => (goes.has(uid) ? [] : [uid]));
  return { goes, line, working, begun };
}

interface Candidate {
  uid: string;
  order: string;
  /** How many are worked on in its datacenter when those before it there have gone: whoever has least goes next. */
  others: number;
  /** False where its datacenter's limit is reached before it. */
  mayGo: boolean;
}

/** Those of one datacenter that want to go, in the order in which they do. */
function lineUp(members: readonly InLine[], working: number, room: number): Candidate[] {
  const inOrder = (state: InLine["state"]): InLine[] =>
    members.filter((one) => one.state === state).toSorted(byAge);
  const returning = inOrder("returning");
  return [...returning, ...inOrder("waiting")].map(({ uid, order }, index) => ({
    uid,
    order,
    others: working + index,
    mayGo: index < returning.length + Math.max(room, 0),
  }));
}

function compare(a: Candidate, b: Candidate): number {
  return a.others === b.others ? byAge(a, b) : a.others - b.others;
}

function byAge(a: Pick<InLine, "order" | "uid">, b: Pick<InLine, "order" | "uid">): number {
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return a.uid < b.uid ? -1 : 1;
}
