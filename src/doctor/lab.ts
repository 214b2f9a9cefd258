import { join } from "node:path";
import type { LabStatus } from "../lab/lab-status.ts";
import { ok, red, warning, type Finding } from "./finding.ts";

/** A part that keeps ending is as good as one that does not run. */
const MANY_RESTARTS = 10;

/** Pure: how the lab is, part by part where one is not as it should be. */
export function judgeLab({ state, lab, parts }: LabStatus, labDir: string): Finding[] {
  const up = "Bring it up: bin/stargate lab up.";
  if (state === "absent") return [red("lab", "there is none here, and no other tailnet was named", up)];
  if (state === "down") return [red("lab", "it is down", up)];
  const version = lab === undefined ? "" : `Kubernetes ${lab.kubernetesVersion}, `;
  const bad = parts.filter((part) => part.state !== "ready");
  return [
    bad.length === 0 && parts.length > 0
      ? ok("lab", `${version}${parts.length} parts run`)
      : red("lab", `${version}${state}`, "Look at the parts below; bin/stargate lab up waits until all run."),
    ...bad.map((part) =>
      red(
        part.name,
        `${part.state}: ${part.lastError ?? "no reason known yet"}`,
        `Read ${join(labDir, "logs", `${part.name}.log`)}. The lab keeps trying until bin/stargate lab down.`,
      ),
    ),
    ...parts
      .filter((part) => part.state === "ready" && part.restarts >= MANY_RESTARTS)
      .map((part) =>
        warning(
          part.name,
          `started again ${part.restarts} times`,
          `Read ${join(labDir, "logs", `${part.name}.log`)}.`,
        ),
      ),
  ];
}
