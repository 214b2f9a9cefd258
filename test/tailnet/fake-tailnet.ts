import { DEFAULT_POLICY } from "./fake-policy.ts";

export interface FakeKey {
  id: string;
  key: string;
  revoked: boolean;
  created: Date;
  request: KeyRequest;
}

/** What a key was asked for with. */
export interface KeyRequest {
  capabilities: {
    devices: {
      create: { reusable: boolean; ephemeral: boolean; preauthorized: boolean; tags: string[] };
    };
  };
  expirySeconds: number;
  description: string;
}

export interface FakeDevice {
  nodeId: string;
  hostname: string;
  addresses: string[];
  tags: string[];
  connectedToControl?: boolean;
  lastSeen?: string;
  advertisedRoutes: string[];
  enabledRoutes: string[];
}

/** What the fake holds: tests write it, and read what calls made of it. */
export class FakeTailnet {
  readonly devices: FakeDevice[] = [];
  readonly keys: FakeKey[] = [];
  /** The policy file as it was set, comments and all. */
  policy = DEFAULT_POLICY;
  /** What the credential may do; a scope allows its own ":read" too. */
  readonly scopes = new Set(["devices:core", "devices:routes", "auth_keys"]);

  /** By either of the two ids that devices have. */
  findDevice(id: string): FakeDevice | undefined {
    return this.devices.find((device, index) => device.nodeId === id || legacyId(index) === id);
  }

  /** A device as the API shows it; its routes only where all fields are asked for. */
  showDevice(device: FakeDevice, withRoutes: boolean): object {
    const { advertisedRoutes, enabledRoutes, ...rest } = device;
    return {
      id: legacyId(this.devices.indexOf(device)),
      name: `${device.hostname}.fake.ts.net`,
      user: "maker@example.com",
      authorized: true,
      clientVersion: "1.102.3",
      created: "2026-01-01T00:00:00Z",
      expires: "0001-01-01T00:00:00Z",
      isEphemeral: false,
      isExternal: false,
      keyExpiryDisabled: true,
      machineKey: `mkey:${device.nodeId}`,
      nodeKey: `nodekey:${device.nodeId}`,
      os: "linux",
      tailnetLockError: "",
      updateAvailable: false,
      ...rest,
      ...(withRoutes ? { advertisedRoutes, enabledRoutes } : {}),
    };
  }
}

/** A key as the API shows it; `key` itself only in the answer to its making. */
export function showKey({ id, created, revoked, request }: FakeKey): object {
  const shown = {
    id,
    keyType: "auth",
    description: request.description,
    expirySeconds: request.expirySeconds,
    created: created.toISOString(),
    expires: new Date(created.getTime() + request.expirySeconds * 1000).toISOString(),
    capabilities: request.capabilities,
  };
  return revoked ? { ...shown, revoked: created.toISOString(), invalid: true } : { ...shown, invalid: false };
}

function legacyId(index: number): string {
  return String(50_000 + index);
}
