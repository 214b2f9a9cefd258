/** Cuts text that comes in pieces into lines. */
export class LineSplitter {
  readonly #onLine: ((line: string) => void) | undefined;
  #rest = "";

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    if (this.#onLine === undefined) return;
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#onLine(line.replace(/\r$/, ""));
  }

  /** Hands out a last line that did not end with a newline. */
  end(): void {
    if (this.#rest !== "") this.#onLine?.(this.#rest);
    this.#rest = "";
  }
}
