import { ComputeManagementClient } from "@azure/arm-compute";
import { NetworkManagementClient } from "@azure/arm-network";
import { ResourceManagementClient } from "@azure/arm-resources";
import { ClientSecretCredential } from "@azure/identity";
import type { FakeArm } from "./fake-arm.ts";

/** Microsoft's own clients, as a program of ours would make them, against the fake. */
export interface SdkClients {
  compute: ComputeManagementClient;
  network: NetworkManagementClient;
  resources: ResourceManagementClient;
}

/** Given to each call that starts an operation: how long the SDK waits between looks where the fake names no time. */
export const POLL = { updateIntervalInMs: 1 };

export function connectSdk(
  fake: FakeArm,
  overrides: Partial<{ subscriptionId: string; clientSecret: string }> = {},
): SdkClients {
  const { tenantId, clientId, clientSecret, subscriptionId } = { ...fake.settings, ...overrides };
  const tlsOptions = { ca: fake.certificate };
  const retryOptions = { retryDelayInMs: 1, maxRetryDelayInMs: 2 };
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: fake.endpoint,
    disableInstanceDiscovery: true,
    tlsOptions,
    retryOptions,
  });
  const options = { endpoint: fake.endpoint, tlsOptions, retryOptions };
  return {
    compute: new ComputeManagementClient(credential, subscriptionId, options),
    network: new NetworkManagementClient(credential, subscriptionId, options),
    resources: new ResourceManagementClient(credential, subscriptionId, options),
  };
}
