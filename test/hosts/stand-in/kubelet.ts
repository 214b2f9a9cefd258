// A stand-in for the kubelet on a test host: asks for its certificate with the bootstrap token, then registers its Node
// and says that it is Ready, over and over. Runs no pod. Where the host has no way to an API server
// (/shared/admin.conf), it only writes its files.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { certificateRequestOf } from "../../../src/controllers/operation/test-certificate-request.ts";
import type { KubeClient } from "../../../src/kubernetes/client.ts";
import { createKubeClient } from "../../../src/kubernetes/http-kube-client.ts";
import { certificateSigningRequests, nodes } from "../../../src/kubernetes/resources.ts";
import { Node } from "../../../src/kubernetes/schemas.ts";

const ADMIN_KUBECONFIG = "/shared/admin.conf";
const CERTIFICATE = "/var/lib/kubelet/pki/kubelet-client-current.pem";

/** The certificate itself is never used: what the cluster sees of a join is the request for it, and by whom. */
async function requestCertificate(kubeconfigPath: string, nodeName: string): Promise<void> {
  const client = await createKubeClient({ kubeconfigPath, env: {} });
  await client.create(certificateSigningRequests, "", {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { generateName: "node-csr-" },
    spec: {
      signerName: "kubernetes.io/kube-apiserver-client-kubelet",
      request: certificateRequestOf(nodeName),
      usages: ["digital signature", "client auth"],
    },
  });
}

/** Once, as a kubelet does when it starts: a Node that is deleted while it runs does not come back. */
async function register(client: KubeClient, name: string): Promise<void> {
  if ((await client.getIfExists(nodes, { namespace: "", name }, Node)) !== undefined) return;
  await client.create(nodes, "", { apiVersion: "v1", kind: "Node", metadata: { name } });
}

async function report(client: KubeClient, name: string): Promise<void> {
  const ref = { namespace: "", name };
  const now = new Date().toISOString();
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8").trim() : "");
  const status = {
    nodeInfo: {
      machineID: read("/etc/machine-id"),
      bootID: read("/proc/sys/kernel/random/boot_id"),
      systemUUID: read("/sys/class/dmi/id/product_uuid"),
      kubeletVersion: "v1.37.2",
      kubeProxyVersion: "",
      containerRuntimeVersion: "containerd://1.7.24",
      kernelVersion: read("/proc/sys/kernel/osrelease"),
      osImage: "Debian",
      operatingSystem: "linux",
      architecture: "amd64",
    },
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "KubeletReady",
        message: "kubelet is posting ready status",
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
  };
  await client.mergePatch(nodes, ref, { status }, { subresource: "status" });
}

const { values } = parseArgs({ strict: false });
const flag = (name: string): string => {
  const value = values[name];
  if (typeof value !== "string") throw new Error(`--${name} is missing`);
  return value;
};
const nodeName = flag("hostname-override");
const isOnline = existsSync(ADMIN_KUBECONFIG);
if (!existsSync(flag("kubeconfig"))) {
  if (isOnline) await requestCertificate(flag("bootstrap-kubeconfig"), nodeName);
  writeFileSync(CERTIFICATE, "a certificate");
  writeFileSync(flag("kubeconfig"), "a kubeconfig");
}
const client = isOnline ? await createKubeClient({ kubeconfigPath: ADMIN_KUBECONFIG, env: {} }) : undefined;
for (let isRegistered = false; ; await sleep(1_000)) {
  if (client === undefined) continue;
  try {
    if (!isRegistered) await register(client, nodeName);
    isRegistered = true;
    await report(client, nodeName);
  } catch (error) {
    console.error(error); // the API server may be away
  }
}
