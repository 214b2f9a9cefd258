import { z } from "zod";
import {
  API_VERSION,
  celRules,
  Conditions,
  ObjectMeta,
  ObjectName,
  ObservedGeneration,
  Time,
  type KindDefinition,
} from "./kind.ts";
import { OperationType, ProfileRecord } from "./operation.ts";

/** Keeps a Server in the API while its Node lives: without it nobody would know how to reach that host. */
export const SERVER_FINALIZER = "stargate.io/server";
/** "true" on a Server: its deletion asks nobody. */
export const ABANDON = "stargate.io/abandon";

/** What `isIP` guards is refused by the format already; CEL must not fail on it first. */
const isHostAddress = "!isIP(self) || ip(self).isGlobalUnicast() || ip(self).isLoopback()";

export const RouterReference = z.object({
  name: z.string().max(63).optional().describe("Host name of the datacenter's router in the tailnet."),
  address: z
    .string()
    .max(15)
    .meta({ format: "ipv4" })
    .optional()
    .describe("The router's address in the datacenter's subnet, the gateway of this server."),
});

const ServerFields = z.object({
  ipv4: z
    .string()
    .max(15)
    .meta({
      format: "ipv4",
      ...celRules({ rule: isHostAddress, message: "ipv4 must be the address of one host" }),
    })
    .describe("Address this server is reached at: in its datacenter's subnet, through the router."),
  provider: z
    .string()
    .max(63)
    .optional()
    .describe("Who made this server (qemu, azure): the controller of that provider serves it."),
  provisioningProfile: ObjectName()
    .optional()
    .describe(
      "Name of the ProvisioningProfile this server is meant for. An Operation names the one it uses.",
    ),
  router: RouterReference.optional().describe("The way to this server."),
  sshPort: z.int().min(1).max(65535).default(22).describe("Port of the server's SSH daemon."),
  hostKey: z
    .string()
    .max(1024)
    .regex(/^(ssh-ed25519|ecdsa-sha2-nistp256|rsa-sha2-512|ssh-rsa) [A-Za-z0-9+/=]+$/)
    .optional()
    .describe(
      "The server's SSH host key, as in known_hosts (type and base64). Contact is refused on any other.",
    ),
  macAddress: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
    .optional()
    .describe("Hardware address of the server's interface in the subnet, lower case."),
});

export const ServerSpec = ServerFields.meta(
  celRules({
    rule: "!has(self.router) || !has(self.router.address) || self.router.address != self.ipv4",
    message: "router.address must differ from ipv4: the router is another host",
  }),
);
export type ServerSpec = z.infer<typeof ServerSpec>;

export const ServerState = z.enum(["pending", "provisioning", "ready", "error"]);
export type ServerState = z.infer<typeof ServerState>;

/** What a Server keeps of an Operation that went well, also when that is deleted. */
export const SuccessRecord = z.object({
  operation: OperationType.describe("What was done: repave, reboot or deprovision."),
  name: z.string().max(253).describe("The Operation's name."),
  startedAt: Time().describe("When it began."),
  profile: ProfileRecord.optional().describe("What a repave followed: the profile as it was when it began."),
});
export type SuccessRecord = z.infer<typeof SuccessRecord>;

export const ServerStatus = z.object({
  state: ServerState.optional().describe("pending, provisioning, ready or error."),
  os: z.string().max(63).optional().describe('What runs on the server, for instance "k8s-1.37".'),
  message: z.string().max(32768).optional().describe("For people: why the state is what it is."),
  observedGeneration: ObservedGeneration,
  nodeRef: z
    .object({ name: z.string().describe("The Node's name."), uid: z.string().describe("The Node's UID.") })
    .optional()
    .describe("The Node this server became."),
  history: z
    .array(SuccessRecord)
    .max(8)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["operation"] })
    .optional()
    .describe("The last success of each kind of Operation, as far as it still means something."),
  currentOperation: z
    .object({
      name: z.string().describe("The Operation's name."),
      uid: z.string().describe("The Operation's UID."),
    })
    .optional()
    .describe("The Operation that works on this server now. At most one does."),
  conditions: Conditions.optional().describe("Single facts, each with since when and why."),
});
export type ServerStatus = z.infer<typeof ServerStatus>;

export const Server = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("Server"),
  metadata: ObjectMeta,
  spec: ServerSpec,
  status: ServerStatus.default({}),
});
export type Server = z.infer<typeof Server>;

export const serverKind: KindDefinition = {
  kind: "Server",
  plural: "servers",
  singular: "server",
  shortNames: ["srv"],
  description: "A physical or virtual machine that can become a worker of this cluster.",
  spec: ServerSpec,
  status: ServerStatus,
  columns: [
    { name: "State", type: "string", jsonPath: ".status.state" },
    { name: "IPv4", type: "string", jsonPath: ".spec.ipv4" },
    { name: "OS", type: "string", jsonPath: ".status.os" },
    { name: "Provider", type: "string", jsonPath: ".spec.provider" },
    { name: "Profile", type: "string", jsonPath: ".spec.provisioningProfile", priority: 1 },
    { name: "Node", type: "string", jsonPath: ".status.nodeRef.name", priority: 1 },
    { name: "Router", type: "string", jsonPath: ".spec.router.name", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  selectableFields: [".spec.provider", ".status.state"],
  rules: [
    {
      rule: "!self.metadata.name.contains('.')",
      message: "a Server's name becomes its Node's host name: no dots",
    },
    {
      rule: "size(self.metadata.name) <= 63",
      message: "a Server's name becomes its Node's host name: 63 characters at most",
    },
  ],
};
