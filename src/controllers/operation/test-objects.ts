import { generateKeyPairSync, sign } from "node:crypto";
import { API_VERSION } from "../../api/v1alpha1/kind.ts";
import { Operation, type OperationStatus } from "../../api/v1alpha1/operation.ts";
import {
  ProvisioningProfile,
  type ProvisioningProfileSpec,
} from "../../api/v1alpha1/provisioning-profile.ts";
import { Server, type ServerSpec, type ServerStatus } from "../../api/v1alpha1/server.ts";

/** Objects for tests: whole and valid, with what a test cares about changed. */
const NAMESPACE = "simulator-dc";

function metadata(name: string) {
  return {
    name,
    namespace: NAMESPACE,
    uid: `uid-of-${name}`,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: {},
    annotations: {},
    finalizers: [],
  };
}

export function operationWith(change: {
  name?: string;
  meta?: Partial<Operation["metadata"]>;
  status?: OperationStatus;
  server?: string;
}): Operation {
  return Operation.parse({
    apiVersion: API_VERSION,
    kind: "Operation",
    metadata: { ...metadata(change.name ?? "op-1"), ...change.meta },
    spec: {
      serverRef: { name: change.server ?? "vm-1" },
      provisioningProfileRef: { name: "qemu-k8s-worker" },
      operation: "repave",
    },
    status: change.status ?? {},
  });
}

export function serverWith(
  spec: { [Key in keyof ServerSpec]?: ServerSpec[Key] | undefined } = {},
  status: ServerStatus = {},
): Server {
  return Server.parse({
    apiVersion: API_VERSION,
    kind: "Server",
    metadata: metadata("vm-1"),
    spec: {
      ipv4: "192.168.100.10",
      provider: "qemu",
      sshPort: 22,
      hostKey: "ssh-ed25519 AAAA",
      ...spec,
    },
    status,
  });
}

export function profileWith(spec: Partial<ProvisioningProfileSpec> = {}): ProvisioningProfile {
  return ProvisioningProfile.parse({
    apiVersion: API_VERSION,
    kind: "ProvisioningProfile",
    metadata: metadata("qemu-k8s-worker"),
    spec: { kubernetesVersion: "1.37", sshCredentialsSecretRef: "qemu-ssh-credentials", ...spec },
  });
}

/** A certificate request as the kubelet that is to be this node makes it, in the API's double base64. */
export function certificateRequestOf(name: string): string {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const attribute = (oid: string, value: string): Buffer =>
    der(0x31, der(0x30, der(0x06, Buffer.from(oid, "hex")), der(0x0c, Buffer.from(value))));
  const subject = der(0x30, attribute("55040a", "system:nodes"), attribute("550403", `system:node:${name}`));
  const version = der(0x02, Buffer.from([0]));
  const info = der(0x30, version, subject, publicKey.export({ type: "spki", format: "der" }), der(0xa0));
  const ecdsaWithSha256 = der(0x30, der(0x06, Buffer.from("2a8648ce3d040302", "hex")));
  const signature = der(0x03, Buffer.from([0]), sign("sha256", info, privateKey));
  const lines = der(0x30, info, ecdsaWithSha256, signature).toString("base64").replace(/.{64}/g, "$&\n");
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
  return Buffer.from(pem).toString("base64");
}

/** One DER value: tag, length, content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
