import type { Operation, StepStatus } from "../api/v1alpha1/operation.ts";

/** What has changed in an Operation, as lines for a person. Pure: the caller keeps what it showed last. */
export function describeChanges(before: Operation | undefined, after: Operation): string[] {
  const server = after.spec.serverRef.name;
  const known = new Map((before?.status.steps ?? []).map((step) => [step.name, step]));
  const lines = (after.status.steps ?? []).flatMap((step) =>
    describeStep(server, known.get(step.name), step),
  );
  if (after.status.phase !== before?.status.phase || after.status.message !== before?.status.message) {
    const { phase = "Pending", message = "" } = after.status;
    if (phase !== "Running" || lines.length === 0)
      lines.push(`${server}: ${phase}${message === "" ? "" : `: ${message}`}`);
  }
  return lines;
}

function describeStep(server: string, before: StepStatus | undefined, after: StepStatus): string[] {
  if (before?.state === after.state) return [];
  const title = after.title ?? after.name;
  switch (after.state) {
    case "Running":
      return [`${server}: ▸ ${title}`];
    case "Succeeded":
      return [`${server}: ✓ ${title}${duration(after)}`];
    case "Failed":
      return [`${server}: ✗ ${title}: ${after.message ?? ""}`];
    case "Pending":
    case "Skipped":
      return [];
    default:
      return after.state satisfies never;
  }
}

function duration({ startedAt, finishedAt }: StepStatus): string {
  if (startedAt === undefined || finishedAt === undefined) return "";
  return ` (${Math.round((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)} s)`;
}
