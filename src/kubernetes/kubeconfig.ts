import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { DispatcherOptions, KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { Dispatcher } from "undici";
import { describeError, StargateError } from "../lib/errors.ts";
import { withoutHttp2 } from "../lib/http1.ts";
import type { Env } from "../lib/paths.ts";
import { addSecret } from "../lib/redact.ts";
import { createAbortableAgent } from "./abortable-agent.ts";

export interface KubeconfigSource {
  /** Path of a kubeconfig file. Default: KUBECONFIG, ~/.kube/config, or the Pod we run in. */
  kubeconfigPath?: string | undefined;
  /** The text of a kubeconfig, instead of a path. */
  kubeconfig?: string | undefined;
  /** For KUBECONFIG and HOME, where neither of the above is given. */
  env?: Env;
}

/** Where the API server is, and how to speak to it. */
export interface Credentials {
  server: string;
  caPem: string;
  /** Headers and connections for requests. Asked again after a 401, because tokens and certificates run out. */
  authenticate(): Promise<{ headers: Record<string, string>; dispatcher: Dispatcher }>;
}

/**
 * Reads a kubeconfig through the official client: certificates, tokens, exec plugins and proxies as in kubectl.
 * @throws StargateError KubeconfigMissing, KubeconfigInvalid
 */
export async function loadCredentials(source: KubeconfigSource): Promise<Credentials> {
  // The official client's index loads a thousand API models, which costs seconds; this module alone is enough.
  const { KubeConfig, bufferFromFileOrString } = await import("@kubernetes/client-node/dist/config.js");
  const { RequestContext } = await import("@kubernetes/client-node/dist/gen/http/http.js");
  const origin = originOf(source);
  /** Keeps what connections are to be made with: the official client tells it to nobody. */
  class KnownConfig extends KubeConfig {
    made: DispatcherOptions | undefined;

    override createDispatcherOptions(
      ...asked: Parameters<KubeConfig["createDispatcherOptions"]>
    ): DispatcherOptions {
      return (this.made = super.createDispatcherOptions(...asked));
    }
  }
  const config = new KnownConfig();
  try {
    load(config, origin, () => new KubeConfig());
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error("its current-context names no cluster in it");
    for (const user of config.getUsers())
      for (const text of [user.token, user.password]) addSecret(text ?? "");
    return {
      server: cluster.server.replace(/\/+$/, ""),
      caPem: bufferFromFileOrString(cluster.caFile, cluster.caData)?.toString("utf8") ?? "",
      async authenticate() {
        const context = new RequestContext(cluster.server, "GET");
        try {
          await config.applySecurityAuthentication(context);
        } catch (error) {
          throw invalid(origin, error);
        }
        return {
          headers: context.getHeaders(),
          dispatcher: dispatcherOf(config.made, context.getDispatcher()),
        };
      },
    };
  } catch (error) {
    throw error instanceof StargateError ? error : invalid(origin, error);
  }
}

/** Through a proxy, an attempt to connect goes on after its request was aborted, until it times out. */
function dispatcherOf(made: DispatcherOptions | undefined, given: Dispatcher | undefined): Dispatcher {
  return made?.type === "agent" ? createAbortableAgent(made.connect) : withoutHttp2(given);
}

/**
 * The namespace that kubectl works in where none is named.
 * @throws StargateError KubeconfigMissing, KubeconfigInvalid
 */
export async function readContextNamespace(source: KubeconfigSource): Promise<string> {
  const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
  const origin = originOf(source);
  const config = new KubeConfig();
  try {
    load(config, origin, () => new KubeConfig());
  } catch (error) {
    throw error instanceof StargateError ? error : invalid(origin, error);
  }
  return config.getContextObject(config.getCurrentContext())?.namespace ?? "default";
}

type Origin = { text: string } | { paths: readonly string[] } | { pod: true };

/** Where kubectl looks, and kind writes, where nothing says otherwise. */
export function usualKubeconfig(env: Env): string {
  return join(env["HOME"] ?? homedir(), ".kube", "config");
}

function originOf({ kubeconfigPath, kubeconfig, env = {} }: KubeconfigSource): Origin {
  if (kubeconfig !== undefined) return { text: kubeconfig };
  if (kubeconfigPath !== undefined) return { paths: [kubeconfigPath] };
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  if (listed.length > 0) {
    // As in kubectl, files of the list that do not exist are passed over.
    const present = listed.filter((path) => existsSync(path));
    return { paths: present.length > 0 ? present : listed.slice(0, 1) };
  }
  const usual = usualKubeconfig(env);
  return !existsSync(usual) && env["KUBERNETES_SERVICE_HOST"] !== undefined
    ? { pod: true }
    : { paths: [usual] };
}

function load(config: KubeConfig, origin: Origin, another: () => KubeConfig): void {
  if ("text" in origin) return config.loadFromString(origin.text);
  if ("pod" in origin) return config.loadFromCluster();
  for (const [index, path] of origin.paths.entries()) {
    if (!existsSync(path)) {
      throw new StargateError("KubeconfigMissing", `Cannot read kubeconfig ${path}: there is no such file`, {
        remedy:
          "Name one with --kubeconfig or KUBECONFIG, or bring up the local cluster with `bin/stargate lab up`.",
      });
    }
    if (index === 0) config.loadFromFile(path);
    else {
      const more = another();
      more.loadFromFile(path);
      addMissing(config, more);
    }
  }
}

/** As in kubectl, the first file that names something wins. */
function addMissing(config: KubeConfig, more: KubeConfig): void {
  for (const cluster of more.getClusters()) {
    if (config.getCluster(cluster.name) === null) config.addCluster(cluster);
  }
  for (const user of more.getUsers()) if (config.getUser(user.name) === null) config.addUser(user);
  for (const context of more.getContexts()) {
    if (config.getContextObject(context.name) === null) config.addContext(context);
  }
}

function invalid(origin: Origin, cause: unknown): StargateError {
  const name =
    "text" in origin ? "that was given" : "pod" in origin ? "of this Pod" : origin.paths.join(delimiter);
  return new StargateError("KubeconfigInvalid", `Cannot use kubeconfig ${name}: ${describeError(cause)}`, {
    remedy: "Check it with `kubectl config view --minify` and `kubectl version`.",
    cause,
  });
}
