import type { World } from "../lib/world.ts";

/** One thing that clean-all would remove. */
export interface Removal {
  /** What kind of thing it is, in one or two words: the first column of the list. */
  kind: string;
  /** Which one, and where. */
  what: string;
  /** Removes it; one that is gone already is fine. */
  remove: () => Promise<void>;
}

/** Looks for things of one kind. What cannot be looked at is thrown, and reported beside what others found. */
export type Finder = (world: World) => Promise<Removal[]>;
