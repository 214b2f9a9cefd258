import { z } from "zod";

/** What inspect-host.sh prints. */
export const HostFacts = z.object({
  /** Name and version as in /etc/os-release: "debian 13". */
  os: z.string(),
  arch: z.string(),
  kernel: z.string(),
  "machine-id": z.string(),
  "boot-id": z.string(),
  "system-uuid": z.string(),
  "free-mib": z.coerce.number(),
  cgroup: z.coerce.number(),
  /** Whether it is, or was, a node. */
  kubelet: z.enum(["yes", "no"]).transform((answer) => answer === "yes"),
});
export type HostFacts = z.infer<typeof HostFacts>;

/** Reads name=value lines. Anything else a login prints is passed over. */
export function parseHostFacts(text: string): HostFacts {
  const pairs = text.split("\n").flatMap((line) => {
    const at = line.indexOf("=");
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()] as const] : [];
  });
  return HostFacts.parse(Object.fromEntries(pairs));
}
