import { readFile } from "node:fs/promises";
import { parseAllDocuments } from "yaml";
import { z } from "zod";

/** One thing that one role allows: a verb on a type of resource, perhaps on one name only. */
export interface Right {
  /** Kind and name of the role. */
  role: string;
  group: string;
  /** With its subresource, for instance pods/eviction. */
  resource: string;
  verb: string;
  /** Undefined for every name. */
  name: string | undefined;
}

/** One kind of request that was made. */
export interface Request {
  /** Empty for all namespaces, and for what is in none. */
  namespace: string;
  group: string;
  resource: string;
  verb: string;
  name: string;
  code: number;
}

const Role = z.object({
  kind: z.enum(["ClusterRole", "Role"]),
  metadata: z.object({ name: z.string() }),
  rules: z.array(
    z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
      resourceNames: z.array(z.string()).optional(),
    }),
  ),
});

/** Everything that the roles of a manifest allow, one by one. */
export async function readRights(path: string): Promise<Right[]> {
  return parseAllDocuments(await readFile(path, "utf8")).flatMap((document) => {
    const role = Role.safeParse(document.toJS()).data;
    return (role?.rules ?? []).flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) =>
            (resourceNames ?? [undefined]).map((name) => ({
              role: `${role?.kind ?? ""} ${role?.metadata.name ?? ""}`,
              ...{ group, resource, verb, name },
            })),
          ),
        ),
      ),
    );
  });
}

const AuditEvent = z.object({
  verb: z.string(),
  objectRef: z
    .object({
      resource: z.string(),
      namespace: z.string().default(""),
      name: z.string().default(""),
      apiGroup: z.string().default(""),
      subresource: z.string().optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number() }).optional(),
});

/** What was asked of the API server, each kind of request once. */
export async function readRequests(auditLogPath: string): Promise<Request[]> {
  const requests = new Map<string, Request>();
  for (const line of (await readFile(auditLogPath, "utf8")).split("\n")) {
    if (line === "") continue;
    const { verb, objectRef, responseStatus } = AuditEvent.parse(JSON.parse(line));
    if (objectRef === undefined) continue; // /version, which everybody may ask for
    const { resource, subresource, namespace, name, apiGroup: group } = objectRef;
    const request = {
      ...{ namespace, group, verb, name, code: responseStatus?.code ?? 0 },
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    };
    requests.set(JSON.stringify(request), request);
  }
  return [...requests.values()];
}

/** True where this right, bound as config/rbac says, allows the request. */
export function allows(right: Right, request: Request, datacenterNamespace: string): boolean {
  const isHere =
    right.role === "ClusterRole stargate-controller" ||
    (right.role === "Role stargate-controller" && request.namespace === "kube-system") ||
    (right.role === "ClusterRole stargate-credentials-reader" && request.namespace === datacenterNamespace);
  return (
    isHere &&
    right.group === request.group &&
    right.resource === request.resource &&
    right.verb === request.verb &&
    (right.name === undefined || right.name === request.name)
  );
}

export function describeRight({ role, group, resource, verb, name }: Right): string {
  return `${role}: ${verb} ${resource}${group === "" ? "" : `.${group}`}${name === undefined ? "" : ` ${name}`}`;
}
