import type { Answer, Call } from "./core/answer.ts";
import type { Arm } from "./core/arm.ts";
import { showComputeOperation, showOperation, showOperationResult } from "./core/operation-answers.ts";
import { retrieveBootDiagnostics } from "./compute/boot-diagnostics.ts";
import { SKU_API_VERSIONS, COMPUTE_API_VERSIONS } from "./compute/compute-kind.ts";
import { showInstanceView } from "./compute/instance-view.ts";
import { listImageVersions, listSkus, listUsages } from "./compute/lists.ts";
import { showEffectiveRoutes } from "./network/effective-routes.ts";
import { interfaces } from "./network/interfaces.ts";
import { NETWORK_API_VERSIONS } from "./network/network-kind.ts";
import {
  deleteGroup,
  groupIdOf,
  listGroups,
  patchGroup,
  putGroup,
  requireGroup,
  showGroup,
} from "./resources/resource-groups.ts";
import {
  listAllResources,
  listLocations,
  listProviders,
  registerProvider,
  showProvider,
  showSubscription,
} from "./resources/subscriptions.ts";
import { kindEndpoints } from "./kind-endpoints.ts";
import type { Resource } from "./core/store.ts";
import { virtualMachines } from "./compute/virtual-machines.ts";
import { actOnVm, vmActions } from "./compute/vm-actions.ts";
import { runCommand } from "./compute/run-command.ts";
import { findResource } from "./core/resource-calls.ts";
import { targetOf } from "./core/target.ts";

export type Params = (name: string) => string;

/** A call that the fake knows. */
export interface Endpoint {
  method: "GET" | "HEAD" | "PUT" | "PATCH" | "POST" | "DELETE";
  /** ":name" stands for one segment; the rest matches in any case. */
  path: string;
  apiVersions: readonly string[];
  /** The right that it takes, as in role definitions. */
  action: string;
  answer: (arm: Arm, params: Params, call: Call) => Answer | Promise<Answer>;
}

const RESOURCES = ["2025-04-01", "2024-11-01", "2022-12-01", "2021-04-01"];
const SUB = "/subscriptions/:sub";
const GROUP = `${SUB}/resourceGroups/:group`;
const AT = `${SUB}/providers/:ns/locations/:location`;
const VM = `${GROUP}/providers/Microsoft.Compute/virtualMachines/:vm`;
const IMAGES = `${SUB}/providers/Microsoft.Compute/locations/:location/publishers/:publisher/artifacttypes/vmimage`;

const subscription: Endpoint[] = [
  get(SUB, RESOURCES, "Microsoft.Resources/subscriptions/read", (arm) => ({
    status: 200,
    body: showSubscription(arm),
  })),
  get("/subscriptions", RESOURCES, "Microsoft.Resources/subscriptions/read", (arm) => ({
    status: 200,
    body: { value: [showSubscription(arm)] },
  })),
  get(`${SUB}/locations`, RESOURCES, "Microsoft.Resources/subscriptions/locations/read", (arm) =>
    listLocations(arm),
  ),
  get(
    `${SUB}/providers`,
    RESOURCES,
    "Microsoft.Resources/subscriptions/providers/read",
    (arm, _params, call) => listProviders(arm, call),
  ),
  get(`${SUB}/providers/:ns`, RESOURCES, "Microsoft.Resources/subscriptions/providers/read", (arm, params) =>
    showProvider(arm, params("ns")),
  ),
  {
    method: "POST",
    path: `${SUB}/providers/:ns/register`,
    apiVersions: RESOURCES,
    action: "register/action",
    answer: (arm, params) => registerProvider(arm, params("ns")),
  },
  get(
    `${SUB}/resources`,
    RESOURCES,
    "Microsoft.Resources/subscriptions/resources/read",
    (arm, _params, call) => listAllResources(arm, "", call),
  ),
];

const group = "Microsoft.Resources/subscriptions/resourceGroups";
const groups: Endpoint[] = [
  get(`${SUB}/resourceGroups`, RESOURCES, `${group}/read`, (arm, _params, call) => listGroups(arm, call)),
  get(GROUP, RESOURCES, `${group}/read`, (arm, params) => ({
    status: 200,
    body: showGroup(requireGroup(arm, params("group"))),
  })),
  {
    method: "HEAD",
    path: GROUP,
    apiVersions: RESOURCES,
    action: `${group}/read`,
    answer: (arm, params) => {
      requireGroup(arm, params("group"));
      return { status: 204 };
    },
  },
  {
    method: "PUT",
    path: GROUP,
    apiVersions: RESOURCES,
    action: `${group}/write`,
    answer: (arm, params, call) => putGroup(arm, params("group"), call),
  },
  {
    method: "PATCH",
    path: GROUP,
    apiVersions: RESOURCES,
    action: `${group}/write`,
    answer: (arm, params, call) => patchGroup(arm, params("group"), call),
  },
  {
    method: "DELETE",
    path: GROUP,
    apiVersions: RESOURCES,
    action: `${group}/delete`,
    answer: (arm, params) => deleteGroup(arm, params("group")),
  },
  get(`${GROUP}/resources`, RESOURCES, `${group}/resources/read`, (arm, params, call) => {
    requireGroup(arm, params("group"));
    return listAllResources(arm, groupIdOf(arm, params("group")), call);
  }),
  get(
    `${SUB}/operationresults/:id`,
    RESOURCES,
    "Microsoft.Resources/subscriptions/operationresults/read",
    (arm, params) => showOperationResult(arm, params("id")),
  ),
];

const operations: Endpoint[] = [
  get(
    AT.replace(":ns", "Microsoft.Network") + "/operations/:id",
    NETWORK_API_VERSIONS,
    "Microsoft.Network/locations/operations/read",
    (arm, params) => showOperation(arm, params("id")),
  ),
  get(
    AT.replace(":ns", "Microsoft.Network") + "/operationResults/:id",
    NETWORK_API_VERSIONS,
    "Microsoft.Network/locations/operationResults/read",
    (arm, params) => showOperationResult(arm, params("id")),
  ),
  get(
    AT.replace(":ns", "Microsoft.Compute") + "/operations/:id",
    COMPUTE_API_VERSIONS,
    "Microsoft.Compute/locations/operations/read",
    (arm, params, call) => showComputeOperation(arm, params("id"), call),
  ),
];

const network: Endpoint[] = [
  {
    method: "POST",
    path: `${GROUP}/providers/Microsoft.Network/networkInterfaces/:nic/effectiveRouteTable`,
    apiVersions: NETWORK_API_VERSIONS,
    action: "Microsoft.Network/networkInterfaces/effectiveRouteTable/action",
    answer: (arm, params) =>
      showEffectiveRoutes(
        arm,
        findResource(arm, targetOf(interfaces.type, params("sub"), params("group"), [params("nic")])),
      ),
  },
];

const compute: Endpoint[] = [
  get(
    `${SUB}/providers/Microsoft.Compute/skus`,
    SKU_API_VERSIONS,
    "Microsoft.Compute/skus/read",
    (arm, _params, call) => listSkus(arm, call),
  ),
  get(
    `${SUB}/providers/Microsoft.Compute/locations/:location/usages`,
    COMPUTE_API_VERSIONS,
    "Microsoft.Compute/locations/usages/read",
    (arm, params) => listUsages(arm, params("location")),
  ),
  get(
    `${IMAGES}/offers/:offer/skus/:sku/versions`,
    COMPUTE_API_VERSIONS,
    "Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read",
    (arm, params, call) =>
      listImageVersions(
        arm,
        {
          location: params("location"),
          publisher: params("publisher"),
          offer: params("offer"),
          sku: params("sku"),
        },
        call,
      ),
  ),
  get(
    `${VM}/instanceView`,
    COMPUTE_API_VERSIONS,
    "Microsoft.Compute/virtualMachines/instanceView/read",
    (arm, params) => showInstanceView(arm, findVm(arm, params)),
  ),
  onVm("retrieveBootDiagnosticsData", retrieveBootDiagnostics),
  onVm("runCommand", runCommand),
  ...Object.entries(vmActions).map(([name, action]) =>
    onVm(name, (arm, vm, call) => actOnVm(arm, vm, name, action, call)),
  ),
];

/** Every call that the fake answers. Anything else is a 404. */
export const endpoints: readonly Endpoint[] = [
  ...subscription,
  ...groups,
  ...operations,
  ...network,
  ...compute,
  ...kindEndpoints(GROUP, SUB),
];

function get(
  path: string,
  apiVersions: readonly string[],
  action: string,
  answer: Endpoint["answer"],
): Endpoint {
  return { method: "GET", path, apiVersions, action, answer };
}

function onVm(name: string, answer: (arm: Arm, vm: Resource, call: Call) => Answer): Endpoint {
  return {
    method: "POST",
    path: `${VM}/${name}`,
    apiVersions: COMPUTE_API_VERSIONS,
    action: `Microsoft.Compute/virtualMachines/${name}/action`,
    answer: (arm, params, call) => answer(arm, findVm(arm, params), call),
  };
}

function findVm(arm: Arm, params: Params): Resource {
  return findResource(arm, targetOf(virtualMachines.type, params("sub"), params("group"), [params("vm")]));
}
