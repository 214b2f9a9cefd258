import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { OutputLine } from "./output-lines.ts";

/** Prints lines under a heading for each run of a step, or bare where only one step was asked for. */
export function createLinePrinter({
  print,
  isBare,
}: {
  print: (text: string) => void;
  isBare: boolean;
}): (lines: readonly OutputLine[], operation: Operation) => void {
  let last = "";
  return (lines, operation) => {
    for (const { step, run, text } of lines) {
      const heading = headingOf(step, run, operation);
      if (!isBare && heading !== last) print(heading);
      last = heading;
      print(text === "" ? "\n" : text);
    }
  };
}

function headingOf(step: string, run: number, { status }: Operation): string {
  const title = status.steps?.find(({ name }) => name === step)?.title ?? "";
  return `==> ${step}${title === "" ? "" : `: ${title}`}${run === 1 ? "" : ` (run ${run})`}`;
}
