import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { nodeBundleDir } from "../../src/toolchain/make-node-bundle.ts";
import { bundlePrograms } from "../../tools/bundle-programs.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { startCluster } from "../controllers/controller-world.ts";
import { makeStandInBundle } from "../hosts/stand-in-bundle.ts";
import type { Timeline } from "./timeline.ts";
import { Turns } from "./turns.ts";

export const KUBERNETES = "1.37.2";

/** What all runs share: one real API server, the built controller, and the bundle it sends to hosts. */
export class Site implements AsyncDisposable {
  readonly cluster: TestApiServer;
  readonly folder: string;
  readonly timelines = new Set<Timeline>();
  /** The API server is killed by one run at a time. */
  readonly #turns = new Turns();

  private constructor(cluster: TestApiServer, folder: string) {
    this.cluster = cluster;
    this.folder = folder;
  }

  static async start(): Promise<Site> {
    const folder = await mkdtemp("/tmp/sg-chaos-");
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    await bundlePrograms(["src/main/qemu-controller.ts"], join(folder, "dist"));
    const bundle = await makeStandInBundle(folder, KUBERNETES);
    const target = nodeBundleDir({ cacheDir: join(folder, "cache"), version: KUBERNETES, arch: "amd64" });
    await mkdir(dirname(target), { recursive: true });
    await rename(bundle, target);
    return new Site(await startCluster(), folder);
  }

  get program(): string {
    return join(this.folder, "dist", "main", "qemu-controller.js");
  }

  get cacheDir(): string {
    return join(this.folder, "cache");
  }

  get apiPort(): number {
    return Number(new URL(this.cluster.url).port);
  }

  /** A copy of a kubeconfig that goes by another port. */
  async writeKubeconfig(
    path: string,
    { port, as }: { port: number; as: "admin" | "controller" },
  ): Promise<void> {
    const { kubeconfigPath, outsiderKubeconfigPath, url } = this.cluster;
    const text = await readFile(as === "admin" ? kubeconfigPath : outsiderKubeconfigPath, "utf8");
    await writeFile(path, text.replaceAll(url, `https://127.0.0.1:${port}`), { mode: 0o600 });
  }

  /** Kills the API server; it is started again when `down` has come to its end. */
  async killApiServer(down: () => Promise<void>): Promise<void> {
    await this.#turns.take(async () => {
      for (const timeline of this.timelines) timeline.note("API server: killed");
      await this.cluster.kill();
      await down();
      await this.cluster.start();
      for (const timeline of this.timelines) timeline.note("API server: answers again");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
