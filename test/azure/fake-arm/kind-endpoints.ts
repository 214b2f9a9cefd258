import { disks } from "./compute/disks.ts";
import { virtualMachines } from "./compute/virtual-machines.ts";
import type { Kind } from "./core/kind.ts";
import { putResource } from "./core/put-resource.ts";
import {
  deleteResource,
  findResource,
  listResources,
  patchTags,
  showResource,
} from "./core/resource-calls.ts";
import { targetOf, type Target } from "./core/target.ts";
import type { Endpoint, Params } from "./endpoints.ts";
import { interfaces } from "./network/interfaces.ts";
import { natGateways } from "./network/nat-gateways.ts";
import { publicIps } from "./network/public-ips.ts";
import { routeTables } from "./network/route-tables.ts";
import { routes } from "./network/routes.ts";
import { securityGroups } from "./network/security-groups.ts";
import { securityRules } from "./network/security-rules.ts";
import { subnets } from "./network/subnets.ts";
import { virtualNetworks } from "./network/virtual-networks.ts";
import { requireGroup } from "./resources/resource-groups.ts";
import { patchVm } from "./compute/patch-vm.ts";

/** Every type of resource that the fake has. */
export const kinds: readonly Kind[] = [
  virtualNetworks,
  subnets,
  securityGroups,
  securityRules,
  routeTables,
  routes,
  publicIps,
  natGateways,
  interfaces,
  disks,
  virtualMachines,
];

/** Create, read, list, tag and delete for each type of resource. */
export function kindEndpoints(groupPath: string, subscriptionPath: string): Endpoint[] {
  return kinds.flatMap((kind) => {
    const [namespace = "", first = "", second] = kind.type.split("/");
    const inProvider = `/providers/${namespace}/${first}`;
    const all = `${groupPath}${inProvider}${second === undefined ? "" : `/:first/${second}`}`;
    const one = `${all}/:last`;
    const target = (params: Params): Target =>
      targetOf(
        kind.type,
        params("sub"),
        params("group"),
        second === undefined ? [params("last")] : [params("first"), params("last")],
      );
    const { apiVersions } = kind;
    const crud: Endpoint[] = [
      {
        method: "GET",
        path: one,
        apiVersions,
        action: `${kind.type}/read`,
        answer: (arm, params, call) => showResource(arm, kind, target(params), call),
      },
      {
        method: "PUT",
        path: one,
        apiVersions,
        action: `${kind.type}/write`,
        answer: (arm, params, call) => putResource(arm, kind, target(params), call),
      },
      {
        method: "DELETE",
        path: one,
        apiVersions,
        action: `${kind.type}/delete`,
        answer: (arm, params, call) => deleteResource(arm, kind, target(params), call),
      },
      {
        method: "GET",
        path: all,
        apiVersions,
        action: `${kind.type}/read`,
        answer: (arm, params, call) => {
          const { parent, groupId } = target((name) => (name === "last" ? "-" : params(name)));
          requireGroup(arm, params("group"));
          if (parent !== undefined) {
            findResource(arm, targetOf(parent.type, params("sub"), params("group"), [parent.name]));
          }
          return listResources(arm, kind, parent?.id ?? groupId, call);
        },
      },
    ];
    return kind.isTracked
      ? [...crud, ...trackedEndpoints(kind, one, subscriptionPath + inProvider, target)]
      : crud;
  });
}

/** Children have neither tags of their own nor a list over all groups. */
function trackedEndpoints(
  kind: Kind,
  one: string,
  everywhere: string,
  target: (params: Params) => Target,
): Endpoint[] {
  return [
    {
      method: "PATCH",
      path: one,
      apiVersions: kind.apiVersions,
      action: `${kind.type}/write`,
      answer: (arm, params, call) =>
        kind.type === virtualMachines.type
          ? patchVm(arm, target(params), call)
          : patchTags(arm, kind, target(params), call),
    },
    {
      method: "GET",
      path: everywhere,
      apiVersions: kind.apiVersions,
      action: `${kind.type}/read`,
      answer: (arm, _params, call) => listResources(arm, kind, "", call),
    },
  ];
}
