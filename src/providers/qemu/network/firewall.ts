import { z } from "zod";
import { exec } from "../../../lib/exec.ts";
import type { World } from "../../../lib/world.ts";

const Chains = z.object({
  nftables: z.array(
    z.object({
      chain: z
        .object({
          table: z.string(),
          name: z.string(),
          hook: z.string().optional(),
          policy: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

/**
 * Tells of another table that drops what a link needs: a rule of ours cannot let through what Docker's or ufw's drop,
 * and theirs are not ours to change.
 */
export async function warnOfFirewall(
  link: string,
  hook: "input" | "forward",
  { progress, signal }: World,
): Promise<void> {
  const { stdout } = await exec(["nft", "--json", "list", "chains"], { signal });
  const dropping = findDroppingChain(stdout, hook);
  if (dropping === undefined) return;
  const rules = hook === "input" ? [`INPUT -i ${link}`] : [`FORWARD -i ${link}`, `FORWARD -o ${link}`];
  progress.say(
    `This host's firewall (${dropping}) drops what it does not know. Where the router stays offline, let it through: ` +
      rules.map((rule) => `iptables -I ${rule} -j ACCEPT`).join("; "),
  );
}

/** Pure: the first chain of this hook whose policy is drop, from the output of nft --json list chains. */
export function findDroppingChain(json: string, hook: "input" | "forward"): string | undefined {
  const chain = Chains.parse(JSON.parse(json)).nftables.find(
    (entry) => entry.chain?.hook === hook && entry.chain.policy === "drop",
  )?.chain;
  return chain === undefined ? undefined : `table ${chain.table}, chain ${chain.name}`;
}
