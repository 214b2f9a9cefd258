import { z } from "zod";
import {
  API_VERSION,
  celRules,
  Conditions,
  ObjectMeta,
  ObservedGeneration,
  Time,
  type KindDefinition,
} from "./kind.ts";

/** Every condition of a Datacenter, in the order they are shown: what each needs comes before it. */
export const datacenterConditions = [
  "RouterOnline",
  "RoutesAdvertised",
  "RoutesApproved",
  "RoutePrimary",
  "WorkersReachable",
  "ApiReachableFromWorkers",
  "NoOverlap",
  "Ready",
] as const;
export type DatacenterCondition = (typeof datacenterConditions)[number];

const isSubnet = "isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self) == cidr(self).masked()";

export const DatacenterRouter = z.object({
  name: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    .describe("Host name of the router in the tailnet."),
  address: z
    .string()
    .max(15)
    .meta({ format: "ipv4" })
    .describe(
      "Its own address in the datacenter. A single router's is the workers' gateway; several hold that in turn.",
    ),
});
export type DatacenterRouter = z.infer<typeof DatacenterRouter>;

export const DatacenterTailnet = z.object({
  description: z.string().max(253).optional().describe("The tailnet in words, for instance Tailscale."),
  loginServer: z
    .string()
    .max(2048)
    .optional()
    .describe("Where the routers log in. Left out for Tailscale's own control server."),
});

const DatacenterFields = z.object({
  provider: z
    .string()
    .min(1)
    .max(63)
    .meta(celRules({ rule: "self == oldSelf", message: "a datacenter stays with its provider" }))
    .describe("Who made this datacenter (qemu, azure): the controller of that provider looks after it."),
  subnets: z
    .array(
      z
        .string()
        .max(18)
        .meta(
          celRules(
            {
              rule: isSubnet,
              message: "write a subnet as 192.168.100.0/24: its first address and its length",
            },
            {
              rule: "!isCIDR(self) || cidr(self).prefixLength() >= 8",
              message: "a subnet of more than 2^24 addresses would take others' traffic",
            },
          ),
        ),
    )
    .min(1)
    .max(16)
    .meta({ "x-kubernetes-list-type": "set" })
    .describe("What lies behind the routers. These routes are approved for them, and no others."),
  routers: z
    .array(DatacenterRouter)
    .min(1)
    .max(8)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] })
    .describe("The way in. Several routers serve the same subnets: one does, the others take over from it."),
  maxConcurrentOperations: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .describe(
      "How many Operations may be under way here at once: they share the routers. 0 begins none. " +
        "Left out: what the controller's --datacenter-concurrency says.",
    ),
  tailnet: DatacenterTailnet.optional().describe("The tailnet that the routers are in."),
});

export const DatacenterSpec = DatacenterFields.meta(
  celRules({
    rule: "self.routers.all(r, self.subnets.exists(s, isCIDR(s) && isIP(r.address) && cidr(s).containsIP(r.address)))",
    message: "every router's address must lie in one of the subnets",
  }),
);
export type DatacenterSpec = z.infer<typeof DatacenterSpec>;

export const DatacenterStatus = z.object({
  observedGeneration: ObservedGeneration,
  activeRouter: z
    .string()
    .max(63)
    .optional()
    .describe("The router that traffic goes through now, where that is known."),
  servers: z
    .object({
      count: z.int().min(0).describe("Servers that lie behind these routers."),
      reachable: z.int().min(0).describe("Those of them whose SSH daemon answers through the tailnet."),
    })
    .optional()
    .describe("Servers of this datacenter, counted."),
  verifiedAt: Time()
    .optional()
    .describe("When prep-dc-inventory last had every worker connect to the API server."),
  conditions: Conditions.optional().describe("Single facts, each with since when and why."),
});
export type DatacenterStatus = z.infer<typeof DatacenterStatus>;

export const Datacenter = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("Datacenter"),
  metadata: ObjectMeta,
  spec: DatacenterSpec,
  status: DatacenterStatus.default({}),
});
export type Datacenter = z.infer<typeof Datacenter>;

function conditionPath(type: DatacenterCondition): string {
  return `.status.conditions[?(@.type=="${type}")].status`;
}

export const datacenterKind: KindDefinition = {
  kind: "Datacenter",
  plural: "datacenters",
  singular: "datacenter",
  shortNames: ["dc"],
  description: "Subnets whose servers are reached through routers in the tailnet, and through nothing else.",
  spec: DatacenterSpec,
  status: DatacenterStatus,
  columns: [
    { name: "Provider", type: "string", jsonPath: ".spec.provider" },
    { name: "Subnet", type: "string", jsonPath: ".spec.subnets[0]" },
    { name: "Via", type: "string", jsonPath: ".status.activeRouter" },
    {
      name: "Router",
      type: "string",
      jsonPath: conditionPath("RouterOnline"),
      description: "Routers online.",
    },
    { name: "Servers", type: "integer", jsonPath: ".status.servers.count" },
    { name: "Reachable", type: "integer", jsonPath: ".status.servers.reachable" },
    { name: "Ready", type: "string", jsonPath: conditionPath("Ready") },
    { name: "Operations", type: "integer", jsonPath: ".spec.maxConcurrentOperations", priority: 1 },
    { name: "Advertised", type: "string", jsonPath: conditionPath("RoutesAdvertised"), priority: 1 },
    { name: "Approved", type: "string", jsonPath: conditionPath("RoutesApproved"), priority: 1 },
    { name: "Primary", type: "string", jsonPath: conditionPath("RoutePrimary"), priority: 1 },
    { name: "API", type: "string", jsonPath: conditionPath("ApiReachableFromWorkers"), priority: 1 },
    { name: "NoOverlap", type: "string", jsonPath: conditionPath("NoOverlap"), priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  selectableFields: [".spec.provider"],
  rules: [],
};
