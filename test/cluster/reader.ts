import { systemClock } from "../../src/lib/clock.ts";
import { createLog } from "../../src/lib/log.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import type { World } from "../../src/lib/world.ts";

/** A World that keeps what is printed and what is said beside it. */
export class Reader {
  readonly lines: string[] = [];
  readonly said: string[] = [];
  readonly #interrupted = new AbortController();
  readonly #waiting = new Set<{ isSo: () => boolean; resolve: () => void }>();

  readonly world: World = {
    env: {},
    paths: pathsFrom({ HOME: "/nowhere" }),
    clock: systemClock,
    log: createLog({ write: () => undefined, level: "error" }),
    progress: {
      say: (line) => this.#keep(this.said, line),
      step: async (_title, work) => work(() => undefined),
    },
    print: (text) => this.#keep(this.lines, text.replace(/\n$/, "")),
    self: ["", ""],
    isInteractive: false,
    signal: AbortSignal.any([AbortSignal.timeout(30_000), this.#interrupted.signal]),
  };

  /** Resolves when this line has been printed or said. */
  async saw(line: string | RegExp): Promise<void> {
    const isIt = (text: string): boolean => (typeof line === "string" ? text === line : line.test(text));
    const isSo = (): boolean => [...this.lines, ...this.said].some(isIt);
    if (isSo()) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.add({ isSo, resolve });
      this.world.signal.addEventListener("abort", () =>
        reject(new Error(`never saw ${String(line)}: ${JSON.stringify([this.lines, this.said])}`)),
      );
    });
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    this.#interrupted.abort(new DOMException("interrupted by the test", "AbortError"));
  }

  #keep(list: string[], text: string): void {
    list.push(text);
    for (const one of this.#waiting) if (one.isSo()) one.resolve();
  }
}
