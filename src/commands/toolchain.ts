import { resolve } from "node:path";
import { Command } from "commander";
import { UsageError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { kubernetesReleases } from "../toolchain/kubernetes-versions.ts";
import { hostPrograms, type HostProgram } from "../toolchain/toolchain.ts";

/** `stargate toolchain`: delivers everything that is built or downloaded once, and says where it is. */
export function toolchainCommand(world: World): Command {
  const known = kubernetesReleases.map(({ version }) => version).join(", ");
  return new Command("toolchain")
    .description("Builds or downloads Kubernetes, the tailnet programs and what workers need, into the cache")
    .option("--kubernetes <version>", `Kubernetes version: one of ${known}, or its first two numbers`)
    .option("--print <program>", "print only the path of this program, for instance kubectl")
    .option("--mirror <folder>", "also fill this folder with what VMs without internet take from a mirror")
    .addHelpText(
      "after",
      "\nSTARGATE_TOOLCHAIN=build|download|auto says where from; auto (the default) downloads when the official\n" +
        "server answers. STARGATE_DEBIAN_MIRROR names another Debian mirror than the default one.",
    )
    .action(
      async ({ print, mirror, ...request }: { kubernetes?: string; print?: string; mirror?: string }) => {
        const wanted = print === undefined ? undefined : hostProgram(print);
        const { ensureToolchain } = await import("../toolchain/ensure-toolchain.ts");
        const toolchain = await ensureToolchain(request, world);
        if (wanted !== undefined) {
          world.print(toolchain.program(wanted));
          return;
        }
        const mirrorLines: string[] = [];
        if (mirror !== undefined) {
          const { fillMirror } = await import("../toolchain/mirror/fill-mirror.ts");
          const manifestSha256 = await fillMirror(resolve(mirror), toolchain, world);
          mirrorLines.push(
            `mirror       ${resolve(mirror)}`,
            `  its artifactSource.manifestSha256: ${manifestSha256}`,
          );
        }
        world.print(
          [
            `Kubernetes   ${toolchain.kubernetesVersion}`,
            `kubectl      ${toolchain.program("kubectl")}`,
            `node bundle  ${toolchain.nodeBundleDir}`,
            ...mirrorLines,
          ].join("\n"),
        );
      },
    );
}

function hostProgram(name: string): HostProgram {
  const found = hostPrograms.find((program) => program === name);
  if (found !== undefined) return found;
  throw new UsageError(`The toolchain has no program "${name}"`, `Name one of: ${hostPrograms.join(", ")}.`);
}
