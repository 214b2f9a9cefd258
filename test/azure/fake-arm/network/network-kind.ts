import type { Kind } from "../core/kind.ts";

export const NETWORK_API_VERSIONS = ["2026-01-01", "2025-07-01", "2025-05-01", "2025-03-01"] as const;

/** What all resources of Microsoft.Network have in common. */
export const networkKind = {
  owner: "Microsoft.Network",
  apiVersions: NETWORK_API_VERSIONS,
  name: {
    pattern: /^(?=.{1,80}$)[a-zA-Z0-9]([\w.-]*\w)?$/,
    rule: "The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.",
  },
  durationMs: (arm) => arm.settings.durations.network,
} satisfies Partial<Kind>;
