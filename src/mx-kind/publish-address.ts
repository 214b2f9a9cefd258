import { X509Certificate } from "node:crypto";
import { z } from "zod";
import type { KubeClient, ResourceType } from "../kubernetes/client.ts";
import { StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import type { World } from "../lib/world.ts";
import { KUBEADM_CONF, withTailnetAddress } from "./kubeadm-conf.ts";
import type { NodeContainer } from "./node-container.ts";

const CERTIFICATE = "/etc/kubernetes/pki/apiserver.crt";
const MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml";
/** The kubelet sees a changed manifest within 20 s; the API server it then starts is ready in less than another 60. */
const READY_TIMEOUT_MS = 3 * 60_000;
const endpointSlices: ResourceType = {
  group: "discovery.k8s.io",
  version: "v1",
  plural: "endpointslices",
  namespaced: true,
};

export interface PublishedFiles {
  conf: string;
  certificatePem: string | undefined;
  manifest: string | undefined;
}

/** Pure: the configuration to publish from, or undefined where all three files know the address already. */
export function decidePublication(
  { conf, certificatePem, manifest }: PublishedFiles,
  address: string,
): string | undefined {
  const wanted = withTailnetAddress(conf, address);
  const isCertified =
    certificatePem !== undefined && new X509Certificate(certificatePem).checkIP(address) !== undefined;
  const isAdvertised = manifest?.includes(`--advertise-address=${address}\n`) === true;
  return wanted === conf && isCertified && isAdvertised ? undefined : wanted;
}

/**
 * Has the API server be valid at its address in the tailnet, and Pods find it there; then waits until both are so.
 * @throws StargateError ApiNotAtTailnetAddress
 */
export async function publishAddress(
  container: NodeContainer,
  client: KubeClient,
  address: string,
  { signal, clock }: World,
): Promise<void> {
  const [conf, certificatePem, manifest] = await Promise.all(
    [KUBEADM_CONF, CERTIFICATE, MANIFEST].map((path) => container.readFile(path, signal)),
  );
  const wanted = decidePublication({ conf: conf ?? "", certificatePem, manifest }, address);
  if (wanted !== undefined) {
    await container.runScript("publish-address.sh", { KUBEADM_CONF: wanted }, { signal, timeoutMs: 180_000 });
  }
  const timing = { timeoutMs: READY_TIMEOUT_MS, minDelayMs: 500, maxDelayMs: 2_000, signal, clock };
  // The old API server may answer for a while yet: only the new one advertises the address.
  await retry(() => checkAdvertised(client, address, signal), timing);
  await retry(() => checkReachable(container, address, signal), timing);
}

const EndpointSlice = z.object({
  endpoints: z.array(z.object({ addresses: z.array(z.string()) })).nullish(),
});

async function checkAdvertised(client: KubeClient, address: string, signal: AbortSignal): Promise<void> {
  const ref = { namespace: "default", name: "kubernetes" };
  const slice = await client.getIfExists(endpointSlices, ref, EndpointSlice, signal);
  const addresses = slice?.endpoints?.flatMap((endpoint) => endpoint.addresses) ?? [];
  if (addresses.includes(address)) return;
  throw new StargateError(
    "ApiNotAtTailnetAddress",
    `The service kubernetes leads to ${addresses.join(", ") || "nothing"}, not to ${address}`,
    {
      retriable: true,
      remedy: "Look whether the API server's container starts: docker exec … crictl ps -a.",
    },
  );
}

async function checkReachable(container: NodeContainer, address: string, signal: AbortSignal): Promise<void> {
  const options = { signal, okCodes: [0, 1] };
  const { exitCode, stderr } = await container.runScript(
    "reach-api-server.sh",
    { ADDRESS: address },
    options,
  );
  if (exitCode === 0) return;
  throw new StargateError(
    "ApiNotAtTailnetAddress",
    `The API server does not answer at https://${address}:6443 with a valid certificate: ${stderr.trim()}`,
    { retriable: true, remedy: `Look at what runs there: docker exec ${container.name} crictl ps -a.` },
  );
}
