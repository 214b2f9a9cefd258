import { Command } from "commander";
import type { World } from "../lib/world.ts";

/** `stargate install-crds`: our resource types, in a cluster of somebody's choice. */
export function installCrdsCommand(world: World): Command {
  return new Command("install-crds")
    .description("Installs the CustomResourceDefinitions into a cluster, or brings them up to date")
    .option(
      "--kubeconfig <path>",
      "kubeconfig of the cluster (default: KUBECONFIG, the lab's, ~/.kube/config)",
    )
    .option("--print", "print them as YAML instead", false)
    .action(async (flags: { kubeconfig?: string; print: boolean }) => {
      const { renderCrds } = await import("../api/crds.ts");
      if (flags.print) {
        world.print(renderCrds());
        return;
      }
      const [{ createKubeClient }, { applyManifests }] = await Promise.all([
        import("../kubernetes/http-kube-client.ts"),
        import("../kubernetes/apply-manifests.ts"),
      ]);
      const client = await createKubeClient({
        kubeconfigPath: await kubeconfigOf(flags, world),
        env: world.env,
      });
      await applyManifests(client, renderCrds(), { signal: world.signal });
      world.print(`The resource types of stargate.io are installed in ${client.server}`);
    });
}

async function kubeconfigOf(flags: { kubeconfig?: string }, world: World): Promise<string | undefined> {
  if (flags.kubeconfig !== undefined) return flags.kubeconfig;
  if (world.env["KUBECONFIG"] !== undefined) return undefined; // the client reads it
  const { readLabState } = await import("../lab/lab-state.ts");
  return (await readLabState(world.paths.labDir))?.kubeconfigPath;
}
