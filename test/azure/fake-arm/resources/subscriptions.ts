import type { Answer, Call } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { compact, type Json, type JsonObject } from "../core/json.ts";
import { locations } from "../core/locations.ts";
import { page } from "../core/resource-calls.ts";
import { tagFilter } from "./resource-groups.ts";

/** Providers of the fake, with the kinds of resource they have. */
const providers: Record<string, string[]> = {
  "Microsoft.Compute": ["virtualMachines", "disks", "skus", "locations/usages"],
  "Microsoft.Network": [
    "virtualNetworks",
    "networkInterfaces",
    "networkSecurityGroups",
    "publicIPAddresses",
    "routeTables",
    "natGateways",
  ],
  "Microsoft.Resources": ["resourceGroups"],
};

export function showSubscription({ settings }: Arm): JsonObject {
  return {
    id: `/subscriptions/${settings.subscriptionId}`,
    subscriptionId: settings.subscriptionId,
    tenantId: settings.tenantId,
    displayName: "Fake subscription",
    state: "Enabled",
    authorizationSource: "RoleBased",
    subscriptionPolicies: {
      locationPlacementId: "Public_2014-09-01",
      quotaId: "PayAsYouGo_2014-09-01",
      spendingLimit: "Off",
    },
  };
}

export function listLocations({ settings }: Arm): Answer {
  const value = Object.entries(locations).map(([name, { displayName, zones }]): Json => ({
    id: `/subscriptions/${settings.subscriptionId}/locations/${name}`,
    name,
    type: "Region",
    displayName,
    regionalDisplayName: displayName,
    metadata: { regionType: "Physical", regionCategory: "Recommended" },
    ...(zones.length === 0
      ? {}
      : {
          availabilityZoneMappings: zones.map((zone): Json => ({
            logicalZone: zone,
            physicalZone: `${name}-az${zone}`,
          })),
        }),
  }));
  return { status: 200, body: { value } };
}

export function listProviders(arm: Arm, call: Call): Answer {
  return page(
    arm,
    call,
    Object.keys(providers).map((namespace) => describeProvider(arm, namespace)),
  );
}

export function showProvider(arm: Arm, namespace: string): Answer {
  return { status: 200, body: describeProvider(arm, requireProvider(namespace)) };
}

/** Registers: Registering at first, Registered after a while. */
export function registerProvider(arm: Arm, namespace: string): Answer {
  const known = requireProvider(namespace);
  const { unregisteredProviders, durations } = arm.settings;
  if (unregisteredProviders.includes(known) && arm.operations.writing(known) === undefined) {
    arm.operations.start({
      owner: "Microsoft.Resources",
      location: "global",
      title: "RegisterProvider",
      durationMs: durations.providerRegister,
      writes: [known],
      finish: () => {
        unregisteredProviders.splice(unregisteredProviders.indexOf(known), 1);
        return undefined;
      },
    });
  }
  return { status: 200, body: describeProvider(arm, known) };
}

function requireProvider(namespace: string): string {
  const known = Object.keys(providers).find((one) => one.toLowerCase() === namespace.toLowerCase());
  if (known !== undefined) return known;
  throw new ArmError(404, "InvalidResourceNamespace", `The resource namespace '${namespace}' is invalid.`);
}

function describeProvider(arm: Arm, namespace: string): JsonObject {
  const isMissing = arm.settings.unregisteredProviders.includes(namespace);
  const isComing = arm.operations.writing(namespace) !== undefined;
  return {
    id: `/subscriptions/${arm.settings.subscriptionId}/providers/${namespace}`,
    namespace,
    resourceTypes: (providers[namespace] ?? []).map((resourceType): Json => ({
      resourceType,
      locations: Object.values(locations).map(({ displayName }) => displayName),
    })),
    registrationState: isMissing ? (isComing ? "Registering" : "NotRegistered") : "Registered",
    registrationPolicy: "RegistrationRequired",
  };
}

/** Resources that stand alone, in a group or in all: by tag, or by type. */
export function listAllResources(arm: Arm, scope: string, call: Call): Answer {
  const type = /resourceType eq '([^']+)'/i.exec(call.query.get("$filter") ?? "")?.[1];
  const hasTag = tagFilter(call);
  const resources = (scope === "" ? arm.store.all() : arm.store.under(scope)).filter(
    (resource) =>
      resource.location !== undefined &&
      resource.type !== "Microsoft.Resources/resourceGroups" &&
      (type === undefined || resource.type.toLowerCase() === type.toLowerCase()) &&
      hasTag(resource),
  );
  return page(
    arm,
    call,
    resources.map((resource) =>
      compact({
        id: resource.id,
        name: resource.name,
        type: resource.type,
        location: resource.location,
        tags: resource.tags,
        sku: resource.top["sku"],
        managedBy: resource.top["managedBy"],
      }),
    ),
  );
}
