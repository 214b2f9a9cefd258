import { appendFileSync, writeFileSync } from "node:fs";

/** What a reader of the transcript is to see: everything said, without this machine's places. */
export class Transcript {
  readonly #path: string | undefined;
  readonly #places: readonly (readonly [string, string])[];
  readonly #start = performance.now();

  /** `places` are texts to be shown otherwise, the longest first. */
  constructor(path: string | undefined, places: readonly (readonly [string, string])[]) {
    this.#path = path;
    this.#places = places;
    if (path !== undefined) writeFileSync(path, "");
  }

  write(text: string): void {
    const shown = this.#places.reduce((all, [from, to]) => all.replaceAll(from, to), text);
    process.stdout.write(shown);
    if (this.#path !== undefined) appendFileSync(this.#path, shown);
  }

  /** A line between commands, with the time since the beginning. */
  note(text: string): void {
    const seconds = Math.round((performance.now() - this.#start) / 1_000);
    this.write(`\n# [${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s] ${text}\n`);
  }
}
