import { generateKeyPairSync } from "node:crypto";
import { readAsset } from "../lib/assets.ts";
import { StargateError } from "../lib/errors.ts";
import { addSecret } from "../lib/redact.ts";
import type { Arm } from "../providers/azure/arm/arm.ts";
import { runOnVm, type VmRef } from "../providers/azure/vm/run-command.ts";

/** An entry for the cluster in a kubeconfig. Holds a private key. */
export interface ClientAccess {
  server: string;
  caData: string;
  certificateData: string;
  keyData: string;
  /** The only way there, where this host's own routes do not lead into the tailnet. */
  proxyUrl: string | undefined;
}

/**
 * A client certificate of the cluster, for a key that is made here and never sent: only its public half goes to the VM.
 * @throws StargateError RunCommandFailed
 */
export async function issueClient(
  arm: Arm,
  vm: VmRef,
  options: { tailnetAddress: string; days: number; proxyUrl: string | undefined },
): Promise<ClientAccess> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const output = await runOnVm(arm, vm, {
    name: "issue-client",
    text: readAsset("mx-azure/vm/issue-client.sh"),
    inputs: {
      PUBLIC_KEY: publicKey.export({ type: "spki", format: "pem" }).toString(),
      USER_NAME: "stargate-admin",
      DAYS: String(options.days),
      PKI: "/etc/kubernetes/pki",
    },
  });
  const [certificateData, caData] = ["certificate", "ca"].map(
    (name) => new RegExp(`^${name}=([A-Za-z0-9+/=]+)$`, "m").exec(output)?.[1],
  );
  if (certificateData === undefined || caData === undefined) {
    throw new StargateError("RunCommandFailed", `${vm.name} issued no client certificate`, {
      remedy: "Run the command again.",
    });
  }
  const keyData = Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" })).toString("base64");
  addSecret(keyData);
  return {
    server: `https://${options.tailnetAddress}:6443`,
    caData,
    certificateData,
    keyData,
    proxyUrl: options.proxyUrl,
  };
}
