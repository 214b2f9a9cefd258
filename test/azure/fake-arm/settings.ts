/** How long Azure takes for things, in its own time. */
export interface Durations {
  network: number;
  vmCreate: number;
  vmDelete: number;
  vmUpdate: number;
  vmAction: number;
  disk: number;
  groupDelete: number;
  providerRegister: number;
  runCommand: number;
}

export interface Settings {
  tenantId: string;
  subscriptionId: string;
  clientId: string;
  clientSecret: string;
  /** What a workload shows instead of a secret, and an app with a managed identity sends along. */
  federatedToken: string;
  identityHeader: string;
  durations: Durations;
  /** Limits of Azure's token buckets; see throttle.ts. */
  throttle: {
    readsPerSecond: number;
    reads: number;
    writesPerSecond: number;
    writes: number;
    deletes: number;
  };
  /** Quota of vCPUs by family name, and in all ("cores"); absent means 100. */
  quotas: Record<string, number>;
  publicIpLimit: number;
  /** How long the delete of what was in use is still refused after its last user is gone. */
  releaseLagMs: number;
  /** Longer lists come in pages. */
  pageSize: number;
  /** Providers that the subscription has not registered. */
  unregisteredProviders: string[];
  /** Sizes the subscription cannot have: in a location, or in zones of it. */
  restrictions: { size: string; location: string; zones?: string[] }[];
  /** No capacity now, told by a failed operation: of a size in a location, or only in a zone of it. */
  noCapacity: { size: string; location: string; zone?: string }[];
}

export const defaultSettings: Settings = {
  tenantId: "11111111-1111-4111-8111-111111111111",
  subscriptionId: "22222222-2222-4222-8222-222222222222",
  clientId: "33333333-3333-4333-8333-333333333333",
  clientSecret: "fake-client-secret",
  federatedToken: "fake-federated-token",
  identityHeader: "fake-identity-header",
  durations: {
    network: 3_000,
    vmCreate: 45_000,
    vmDelete: 40_000,
    vmUpdate: 10_000,
    vmAction: 20_000,
    disk: 5_000,
    groupDelete: 30_000,
    providerRegister: 30_000,
    runCommand: 15_000,
  },
  throttle: { reads: 250, readsPerSecond: 25, writes: 200, deletes: 200, writesPerSecond: 10 },
  quotas: {},
  publicIpLimit: 100,
  releaseLagMs: 0,
  pageSize: 100,
  unregisteredProviders: [],
  restrictions: [],
  noCapacity: [],
};
