import { parseAllDocuments, type Document } from "yaml";
import { z } from "zod";
import { contains, parseSubnet } from "../lib/cidr.ts";
import { StargateError } from "../lib/errors.ts";

/**
 * What kubeadm made the control plane from. kind makes the API server's certificate from it again whenever the
 * container comes back with another address, so what the certificate must hold has to stand here.
 */
export const KUBEADM_CONF = "/kind/kubeadm.conf";

const ClusterConfiguration = z.object({
  apiServer: z
    .object({
      certSANs: z.array(z.string()).default([]),
      /** A list since v1beta4, a map before. */
      extraArgs: z
        .union([
          z.array(z.object({ name: z.string(), value: z.string() })),
          z.record(z.string(), z.string()),
          z.null(),
        ])
        .optional(),
    })
    .default({ certSANs: [] }),
});
const InitConfiguration = z.object({ localAPIEndpoint: z.object({ advertiseAddress: z.string() }) });

/** Addresses that tailnets give out. */
const tailnetRange = parseSubnet("100.64.0.0/10");

/** The names and addresses that the API server's certificate is made for. */
export function readCertSans(conf: string): string[] {
  return cluster(parse(conf)).apiServer.certSANs;
}

/**
 * Pure: the configuration with the tailnet address in the certificate, and as the address that Pods find behind the
 * service `kubernetes`. The container's own address stays where kubeadm's probes and the other programs in it look.
 * A configuration that says so already comes back as it is.
 */
export function withTailnetAddress(conf: string, address: string): string {
  const documents = parse(conf);
  const { apiServer } = cluster(documents);
  const own = InitConfiguration.parse(find(documents, "InitConfiguration").toJS()).localAPIEndpoint
    .advertiseAddress;
  const isOldAddress = (name: string) =>
    name !== address && tailnetRange !== undefined && contains(tailnetRange, name);
  const kept = apiServer.certSANs.filter((name) => !isOldAddress(name));
  const certSANs = [...new Set([...kept, own, address])];
  const { extraArgs } = apiServer;
  const advertised = Array.isArray(extraArgs)
    ? extraArgs.find(({ name }) => name === "advertise-address")?.value
    : extraArgs?.["advertise-address"];
  if (advertised === address && certSANs.join() === apiServer.certSANs.join()) return conf;

  const document = find(documents, "ClusterConfiguration");
  document.setIn(["apiServer", "certSANs"], document.createNode(certSANs));
  document.setIn(
    ["apiServer", "extraArgs"],
    document.createNode(withArgument(extraArgs, address, apiVersionOf(document))),
  );
  return documents.map((one) => String(one).replace(/^---\n/, "")).join("---\n");
}

type ExtraArgs = z.infer<typeof ClusterConfiguration>["apiServer"]["extraArgs"];

function withArgument(extraArgs: ExtraArgs, value: string, apiVersion: string): object {
  const name = "advertise-address";
  if (Array.isArray(extraArgs)) return [...extraArgs.filter((one) => one.name !== name), { name, value }];
  if (extraArgs !== undefined && extraArgs !== null) return { ...extraArgs, [name]: value };
  return apiVersion.endsWith("/v1beta3") ? { [name]: value } : [{ name, value }];
}

function parse(conf: string): Document[] {
  const documents = parseAllDocuments(conf).filter((document) => document.contents !== null);
  if (documents.some(({ errors }) => errors.length > 0)) throw unreadable("it is no YAML");
  return documents.map((document) => document.clone());
}

function find(documents: readonly Document[], kind: string): Document {
  const found = documents.find((document) => document.get("kind") === kind);
  if (found === undefined) throw unreadable(`it has no ${kind}`);
  return found;
}

function cluster(documents: readonly Document[]): z.infer<typeof ClusterConfiguration> {
  const parsed = ClusterConfiguration.safeParse(find(documents, "ClusterConfiguration").toJS());
  if (!parsed.success) throw unreadable(z.prettifyError(parsed.error));
  return parsed.data;
}

function apiVersionOf(document: Document): string {
  return String(document.get("apiVersion"));
}

function unreadable(state: string): StargateError {
  return new StargateError(
    "KubeadmConfUnreadable",
    `Cannot use ${KUBEADM_CONF} of the kind cluster: ${state}`,
    {
      remedy: "Make the cluster anew: bin/stargate mx kind delete, then bin/stargate mx kind create.",
    },
  );
}
