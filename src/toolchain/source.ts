import { UsageError } from "../lib/errors.ts";
import type { Env } from "../lib/paths.ts";

/** Where components come from: built from Go modules, or downloaded as their makers publish them. */
export type Source = "build" | "download";

/** What STARGATE_TOOLCHAIN asks for; auto is decided by whether the download server answers. */
export function askedSource(env: Env): Source | "auto" {
  const asked = env["STARGATE_TOOLCHAIN"] ?? "auto";
  if (asked === "auto" || asked === "build" || asked === "download") return asked;
  throw new UsageError(
    `STARGATE_TOOLCHAIN=${asked}: no such way to get the toolchain`,
    "Set it to auto, build or download.",
  );
}

/** What is asked for one moment before something is fetched: the server of the largest component. */
export const probeUrl = "https://dl.k8s.io/";
export const probeTimeoutMs = 1_500;
