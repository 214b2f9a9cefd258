import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../lib/progress.ts";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import type { Provider, ReimageRequest as ProviderRequest, Reimaging } from "../providers/provider.ts";
import { hostArchitecture } from "../toolchain/host-architecture.ts";
import { resolveKubernetes } from "../toolchain/kubernetes-versions.ts";
import { nodeBundleDir } from "../toolchain/make-node-bundle.ts";
import type { ReimageRequest, ServerReimager } from "./operation/context.ts";

/** The provider's way to give servers a fresh disk. The provider is loaded when the first server is to have one. */
export function createReimager(loadProvider: () => Promise<Provider>, world: World): ServerReimager {
  const find = async (): Promise<Reimaging> => {
    const { id, reimaging } = await loadProvider();
    if (reimaging !== undefined) return reimaging;
    throw new StargateError("ReimageUnsupported", `Cannot reimage servers of ${id}: it has no such thing`, {
      remedy: "Create an Operation with mode inplace.",
    });
  };
  return {
    async prepare(request, { onLine, signal }) {
      const reimaging = await find();
      await reimaging.prepare(forProvider(request, world), { ...world, progress: lines(onLine), signal });
    },
    async reimage(request, { pin, onLine, signal }) {
      const reimaging = await find();
      await reimaging.run(forProvider(request, world), pin, { ...world, progress: lines(onLine), signal });
    },
  };
}

/** @throws StargateError RouterMissing for a Server that no prep-dc-inventory made */
function forProvider({ server, profile, operationUid }: ReimageRequest, { paths }: World): ProviderRequest {
  const { name } = server.metadata;
  const routerName = server.spec.router?.name;
  if (routerName === undefined) {
    throw new StargateError("RouterMissing", `Cannot reimage ${name}: its Server names no router`, {
      remedy: "Only what prep-dc-inventory made can be given a fresh disk: it writes spec.router.name.",
    });
  }
  return { routerName, vmName: name, id: operationUid, artifactsDir: bundleFor(profile, paths.cacheDir) };
}

/** The node bundle of this host that the bootstrap will want, if it is one of this host's and there. */
function bundleFor({ spec }: ReimageRequest["profile"], cacheDir: string): string | undefined {
  if (spec.artifactSource.type !== "ControllerCache") return undefined;
  const { version } = resolveKubernetes(spec.kubernetesVersion);
  const folder = nodeBundleDir({ cacheDir, version, arch: hostArchitecture(process.arch) });
  return existsSync(join(folder, "manifest.json")) ? folder : undefined;
}

/** What a provider tells a person at a terminal becomes the step's message. */
function lines(onLine: (line: string) => void): Progress {
  return {
    say: onLine,
    step: (title, work) => {
      onLine(title);
      return work((detail) => onLine(`${title}: ${detail}`));
    },
  };
}
