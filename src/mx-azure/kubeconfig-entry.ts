import { parse, stringify } from "yaml";
import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import type { ClientAccess } from "./issue-client.ts";

const Named = z.looseObject({ name: z.string() });
const Kubeconfig = z.looseObject({
  clusters: z.array(Named).default([]),
  users: z.array(Named).default([]),
  contexts: z.array(Named).default([]),
  "current-context": z.string().default(""),
});
type Kubeconfig = z.infer<typeof Kubeconfig>;

/** A kubeconfig with this cluster in it, beside what the text before held. Pure. */
export function withCluster(before: string | undefined, name: string, access: ClientAccess): string {
  const config = withoutEntries(readKubeconfig(before), name);
  const cluster = {
    server: access.server,
    "certificate-authority-data": access.caData,
    ...(access.proxyUrl === undefined ? {} : { "proxy-url": access.proxyUrl }),
  };
  const user = { "client-certificate-data": access.certificateData, "client-key-data": access.keyData };
  return stringify({
    ...config,
    clusters: [...config.clusters, { name, cluster }],
    users: [...config.users, { name, user }],
    contexts: [...config.contexts, { name, context: { cluster: name, user: name } }],
    "current-context": config["current-context"] === "" ? name : config["current-context"],
  });
}

/** The kubeconfig without this cluster; undefined where nothing else is in it. Pure. */
export function withoutCluster(before: string, name: string): string | undefined {
  const config = withoutEntries(readKubeconfig(before), name);
  if (config.clusters.length + config.users.length + config.contexts.length === 0) return undefined;
  return stringify(config);
}

function withoutEntries(config: Kubeconfig, name: string): Kubeconfig {
  const others = (entries: Kubeconfig["clusters"]) => entries.filter((entry) => entry.name !== name);
  return {
    ...config,
    clusters: others(config.clusters),
    users: others(config.users),
    contexts: others(config.contexts),
    "current-context": config["current-context"] === name ? "" : config["current-context"],
  };
}

function readKubeconfig(text = ""): Kubeconfig {
  const parsed = Kubeconfig.safeParse(text.trim() === "" ? {} : parse(text));
  if (parsed.success) return { apiVersion: "v1", kind: "Config", ...parsed.data };
  throw new StargateError("KubeconfigInvalid", "Cannot add the cluster: the file is no kubeconfig", {
    remedy: "Name another file by --kubeconfig-out.",
  });
}
