import { createHash } from "node:crypto";
import { z } from "zod";

/** The policy of a tailnet nobody has touched yet, with the one tag of ours that keys need. */
export const DEFAULT_POLICY = `{
  // Whoever is an admin may make routers.
  "tagOwners": { "tag:stargate-router": ["autogroup:admin"] },
  "grants": [{ "src": ["*"], "dst": ["*"], "ip": ["*"] }],
}
`;

/** The sections a policy file may have; a misspelt one is an error, as it is for Tailscale. */
const Policy = z.strictObject({
  acls: z.array(z.unknown()).optional(),
  grants: z.array(z.unknown()).optional(),
  groups: z.record(z.string(), z.array(z.string())).optional(),
  hosts: z.record(z.string(), z.string()).optional(),
  tagOwners: z.record(z.string().startsWith("tag:"), z.array(z.string())).default({}),
  autoApprovers: z
    .strictObject({
      routes: z.record(z.string(), z.array(z.string())).optional(),
      exitNode: z.array(z.string()).optional(),
    })
    .optional(),
  nodeAttrs: z.array(z.unknown()).optional(),
  ssh: z.array(z.unknown()).optional(),
  tests: z.array(z.unknown()).optional(),
});
export type Policy = z.infer<typeof Policy>;

/** JSON of a HuJSON text: without comments and trailing commas. */
export function standardizeHuJson(text: string): string {
  const string = String.raw`("(?:\\.|[^"\\])*")`;
  return text
    .replaceAll(
      new RegExp(String.raw`${string}|//[^\n]*|/\*[\s\S]*?\*/`, "g"),
      (_, kept?: string) => kept ?? "",
    )
    .replaceAll(new RegExp(String.raw`${string}|,(?=\s*[\]}])`, "g"), (_, kept?: string) => kept ?? "");
}

/** The policy in a text, or what is wrong with it. */
export function parsePolicy(text: string): { policy: Policy } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(standardizeHuJson(text));
  } catch (error) {
    return { problem: `parsing policy: ${error instanceof Error ? error.message : "no JSON"}` };
  }
  const { data, error } = Policy.safeParse(value);
  if (data === undefined) return { problem: `parsing policy: ${error.issues[0]?.message ?? "not a policy"}` };
  const approvers = Object.values(data.autoApprovers?.routes ?? {}).flat();
  const unknownTag = approvers.find((name) => name.startsWith("tag:") && !(name in data.tagOwners));
  return unknownTag === undefined ? { policy: data } : { problem: `tag not found: "${unknownTag}"` };
}

/** Changes with every byte of the policy, quotes included. */
export function etagOf(policy: string): string {
  return `"${createHash("sha256").update(policy).digest("hex")}"`;
}
