import { stripVTControlCharacters } from "node:util";
import { createLineRedactor } from "../../lib/redact-lines.ts";
import type { OutputPart } from "../../remote/read-output.ts";

/** One line that a run of a step said, as it may be shown. */
export interface OutputLine {
  step: string;
  run: number;
  text: string;
}

/** A line that grows longer than this is shown in pieces. */
const LONGEST_LINE = 65_536;

/**
 * Makes lines of what arrives in parts: redacted, without what would move a terminal's cursor. Knows what has arrived,
 * so that the next question is for the rest.
 */
export class OutputLines {
  readonly #runs = new Map<string, Run>();

  /** How much of each run has arrived. */
  known(): { step: string; run: number; bytes: number }[] {
    return [...this.#runs.values()].map(({ step, run, bytes }) => ({ step, run, bytes }));
  }

  /** The lines that these parts complete, by step in the given order, then by run. */
  take(parts: readonly OutputPart[], steps: readonly string[]): OutputLine[] {
    const place = ({ step }: OutputPart): number => {
      const index = steps.indexOf(step);
      return index < 0 ? steps.length : index;
    };
    return parts
      .toSorted((a, b) => place(a) - place(b) || a.run - b.run || a.offset - b.offset)
      .flatMap((part) => {
        const run = this.#run(part);
        const isNext = part.offset === run.bytes;
        return isNext ? [...this.#endBefore(part), ...run.push(part.content)] : [];
      });
  }

  /** Lines that did not end with a newline and will not any more. */
  end(): OutputLine[] {
    return [...this.#runs.values()].flatMap((run) => run.end());
  }

  #run({ step, run }: OutputPart): Run {
    const key = `${step}/${run}`;
    const known = this.#runs.get(key) ?? new Run(step, run);
    this.#runs.set(key, known);
    return known;
  }

  /** A run that has a successor says no more. */
  #endBefore({ step, run }: OutputPart): OutputLine[] {
    return [...this.#runs.values()].flatMap((other) =>
      other.step === step && other.run < run ? other.end() : [],
    );
  }
}

class Run {
  readonly step: string;
  readonly run: number;
  bytes = 0;
  readonly #decoder = new TextDecoder();
  readonly #redact = createLineRedactor();
  #rest = "";

  constructor(step: string, run: number) {
    this.step = step;
    this.run = run;
  }

  push(content: Buffer): OutputLine[] {
    this.bytes += content.length;
    const lines = (this.#rest + this.#decoder.decode(content, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > LONGEST_LINE) {
      lines.push(this.#rest);
      this.#rest = "";
    }
    return lines.flatMap((line) => this.#show(line));
  }

  end(): OutputLine[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : this.#show(rest);
  }

  #show(line: string): OutputLine[] {
    const text = this.#redact(printable(line));
    return text === undefined ? [] : [{ step: this.step, run: this.run, text }];
  }
}

/** What a terminal would show of the line in the end: of a line that was written over, its last state. */
function printable(line: string): string {
  const last = line.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  // eslint-disable-next-line no-control-regex -- that is what is to go
  return stripVTControlCharacters(last).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
