/** One Operation's place among those that wait, and what it waits for. */
export interface Place {
  /** 1 is next. */
  place: number;
  inLine: number;
  working: number;
  total: number;
  /** Empty where the Server is in none. */
  datacenter: string;
  begunThere: number;
  /** Infinity for none. */
  limitThere: number;
}

/** Pure: an Operation's place in line, for people. */
export function describeTurn(place: Place): string {
  const there =
    place.datacenter === "" || place.limitThere === Infinity
      ? ""
      : `, ${place.begunThere} of at most ${place.limitThere} in datacenter "${place.datacenter}"`;
  return (
    `Waits for its turn: number ${place.place} of ${place.inLine} in line; ` +
    `${place.working} of at most ${place.total} Operations are worked on${there}.`
  );
}
