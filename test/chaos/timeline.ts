/** What happened in a run, and when: printed where something is wrong with it. */
export class Timeline {
  readonly #began = performance.now();
  readonly #lines: string[] = [];

  note(what: string): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(2).padStart(7);
    const line = `${seconds} s  ${what}`;
    this.#lines.push(line);
    if (process.env["STARGATE_TEST_SHOW"] !== undefined) process.stderr.write(`${line}\n`);
  }

  toString(): string {
    return this.#lines.join("\n");
  }
}
