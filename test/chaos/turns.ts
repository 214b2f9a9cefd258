/** Acts that wait for each other, whatever comes of them. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  async take(act: () => Promise<void>): Promise<void> {
    const before = this.#last;
    const mine = (async () => {
      await before.catch(() => undefined);
      await act();
    })();
    this.#last = mine;
    await mine;
  }

  /** Resolves when all that was to be done so far is. */
  async over(): Promise<void> {
    await this.#last.catch(() => undefined);
  }
}
