import { redact } from "./redact.ts";

/** Where a long command tells a person what it does: titled steps with their outcome and time. */
export interface Progress {
  /** Runs `work` under a title. `update` changes what is shown behind the title while it runs. */
  step<T>(title: string, work: (update: (detail: string) => void) => Promise<T>): Promise<T>;
  /** A line of its own. */
  say(line: string): void;
}

export interface ProgressOptions {
  write: (text: string) => void;
  /** True on a terminal: the line of a running step is redrawn. False: plain lines, one at start and end. */
  isTerminal: boolean;
  columns?: number;
  now?: () => number;
}

/** Progress for a terminal or for a log. Steps may run side by side; on a terminal the newest one is drawn. */
export function createProgress({
  write,
  isTerminal,
  columns = 100,
  now = Date.now,
}: ProgressOptions): Progress {
  let drawn = false;
  const line = (text: string) => {
    write(`${drawn ? "\r\u001b[K" : ""}${redact(text)}\n`);
    drawn = false;
  };
  const redraw = (text: string) => {
    write(`\r\u001b[K${redact(text).slice(0, columns - 1)}`);
    drawn = true;
  };
  return {
    say: line,
    async step(title, work) {
      const start = now();
      const seconds = () => `${((now() - start) / 1000).toFixed(1)} s`;
      let detail = "";
      const draw = () => redraw(`… ${title}${detail === "" ? "" : `: ${detail}`} (${seconds()})`);
      const timer = isTerminal ? setInterval(draw, 1000) : undefined;
      if (isTerminal) draw();
      else line(`… ${title}`);
      try {
        const result = await work((text) => {
          if (text === detail) return;
          detail = text;
          if (isTerminal) draw();
          else line(`  ${title}: ${text}`);
        });
        line(`✓ ${title} (${seconds()})`);
        return result;
      } catch (error) {
        line(`✗ ${title} (${seconds()})`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

/** Progress that shows nothing. */
export const silentProgress: Progress = {
  say: () => undefined,
  step: (_title, work) => work(() => undefined),
};
