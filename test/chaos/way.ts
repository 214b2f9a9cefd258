import type { Socket } from "node:net";

/**
 * A way for TCP connections that can be cut: whoever carries bytes between two sockets does it through this, so that
 * the way can lose its connections, let nobody in, or lose every packet for a while.
 */
export class Way {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** What to do when packets pass again. */
  #held: (() => void)[] = [];
  #isSilent = false;
  isOpen = true;

  /** Carries bytes both ways until either side ends. */
  carry(left: Socket, right: Socket): void {
    if (!this.isOpen) {
      left.destroy();
      right.destroy();
      return;
    }
    const pair = [left, right] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      this.#whenItPasses(() => {
        left.destroy();
        right.destroy();
      });
    };
    for (const [from, to] of [pair, [right, left] as const]) {
      from.setNoDelay(true);
      from.on("data", (bytes) => this.#whenItPasses(() => void to.write(bytes)));
      from.once("end", () => this.#whenItPasses(() => to.end()));
      from.once("close", end).on("error", () => undefined);
    }
  }

  /** Ends every connection at once. */
  cut(): void {
    this.#held = [];
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** From now on nothing arrives, and nobody is told. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Packets pass again: what was under way arrives. */
  pass(): void {
    this.#isSilent = false;
    for (const act of this.#held.splice(0)) act();
  }

  /** Resolves when packets pass; a new connection waits for that. */
  async untilItPasses(): Promise<void> {
    await new Promise<void>((resolve) => this.#whenItPasses(resolve));
  }

  #whenItPasses(act: () => void): void {
    if (this.#isSilent) this.#held.push(act);
    else act();
  }
}
