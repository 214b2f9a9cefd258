import { Command } from "commander";
import type { World } from "../lib/world.ts";
import { ensureToolchain } from "../toolchain/ensure-toolchain.ts";
import { kubernetesReleases } from "../toolchain/kubernetes-versions.ts";

/** `stargate toolchain`: delivers everything that is built or downloaded once, and says where it is. */
export function toolchainCommand(world: World): Command {
  const known = kubernetesReleases.map(({ version }) => version).join(", ");
  return new Command("toolchain")
    .description("Builds or downloads Kubernetes, the tailnet programs and what workers need, into the cache")
    .option("--kubernetes <version>", `Kubernetes version: one of ${known}, or its first two numbers`)
    .addHelpText(
      "after",
      "\nSTARGATE_TOOLCHAIN=build|download|auto says where from; auto (the default) downloads when the official\n" +
        "server answers. STARGATE_DEBIAN_MIRROR names another Debian mirror than the default one.",
    )
    .action(async (options: { kubernetes?: string }) => {
      const toolchain = await ensureToolchain(options, world);
      world.print(
        [
          `Kubernetes   ${toolchain.kubernetesVersion}`,
          `kubectl      ${toolchain.program("kubectl")}`,
          `node bundle  ${toolchain.nodeBundleDir}`,
        ].join("\n"),
      );
    });
}
