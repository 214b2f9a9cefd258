import { dirname, join } from "node:path";
import { exec, type ExecResult } from "../../src/lib/exec.ts";
import { testPrograms } from "./programs.ts";
import type { TestApiServer } from "./start-api-server.ts";

export type Kubectl = (args: readonly string[], stdin?: string) => Promise<ExecResult>;

/** kubectl against a test's API server, with its caches in the test's own folder. A failure is an answer too. */
export async function kubectlFor(server: TestApiServer): Promise<Kubectl> {
  const program = await testPrograms();
  const cacheDir = join(dirname(server.kubeconfigPath), "kubectl");
  return (args, stdin) =>
    exec([program("kubectl"), `--kubeconfig=${server.kubeconfigPath}`, `--cache-dir=${cacheDir}`, ...args], {
      okCodes: [0, 1],
      timeoutMs: 120_000,
      ...(stdin === undefined ? {} : { stdin }),
    });
}
