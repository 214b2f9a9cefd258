import { renderTable } from "../lib/table.ts";
import type { Area, State } from "./finding.ts";

const words: Readonly<Record<State, string>> = {
  ok: "ok",
  warning: "warning",
  red: "RED",
  skipped: "skipped",
};

/** Pure: how many findings are in that state. */
export function countOf(areas: readonly Area[], state: State): number {
  return areas.flatMap(({ findings }) => findings).filter((finding) => finding.state === state).length;
}

/** A table of all that was looked at, and under it what to do, a paragraph for each thing that is not as it should be. */
export function renderFindings(areas: readonly Area[]): string {
  const rows = areas.flatMap(({ area, findings }) =>
    findings.map(({ check, state, found }, index) => [
      index === 0 ? area : "",
      check,
      words[state],
      firstLine(found),
    ]),
  );
  const toDo = areas.flatMap(({ area, findings }) =>
    findings.flatMap(({ check, state, found, remedy }) =>
      state === "ok" || state === "skipped" || remedy === undefined
        ? []
        : [`${words[state]}  ${area}, ${check}: ${found}\n     next: ${remedy}`],
    ),
  );
  return [renderTable(["AREA", "CHECK", "STATE", "FOUND"], rows), ...toDo].join("\n\n");
}

/** For programs: everything, and whether all of it is in order. */
export function renderJson(areas: readonly Area[]): string {
  const findings = areas.flatMap((one) => one.findings.map((finding) => ({ area: one.area, ...finding })));
  return JSON.stringify({ ok: countOf(areas, "red") === 0, findings }, null, 2);
}

function firstLine(text: string): string {
  const [line = ""] = text.split("\n");
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
