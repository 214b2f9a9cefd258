import { API_VERSION } from "./kind.ts";
import { Operation, type OperationSpec, type OperationStatus } from "./operation.ts";
import { ProvisioningProfile, type ProvisioningProfileSpec } from "./provisioning-profile.ts";
import { Server, type ServerSpec, type ServerStatus } from "./server.ts";

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
  spec?: Partial<OperationSpec>;
}): Operation {
  return Operation.parse({
    apiVersion: API_VERSION,
    kind: "Operation",
    metadata: { ...metadata(change.name ?? "op-1"), ...change.meta },
    spec: {
      serverRef: { name: change.server ?? "vm-1" },
      provisioningProfileRef: { name: "qemu-k8s-worker" },
      operation: "repave",
      ...change.spec,
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
