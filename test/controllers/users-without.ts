import { stringify } from "yaml";
import { z } from "zod";
import { applyManifests } from "../../src/kubernetes/apply-manifests.ts";
import type { KubeClient } from "../../src/kubernetes/client.ts";
import type { Transport } from "../../src/kubernetes/http-transport.ts";
import type { Request, Right } from "./rights.ts";

const rbac = "rbac.authorization.k8s.io";
const Review = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Has a user for each right, who has everything else that its role gives, bound where config/rbac binds it. */
export async function createUsersWithout(
  client: KubeClient,
  rights: readonly Right[],
  datacenterNamespace: string,
): Promise<void> {
  const objects = rights.flatMap((missing, index) => {
    const rest = rights.filter((right) => right.role === missing.role && right !== missing);
    return roleOf(userWithout(index), missing.role, rest, datacenterNamespace);
  });
  await applyManifests(client, objects.map((object) => stringify(object)).join("---\n"));
}

export function userWithout(index: number): string {
  return `without-${index}`;
}

function roleOf(user: string, role: string, rights: readonly Right[], datacenterNamespace: string): object[] {
  const [kind = "", name = ""] = role.split(" ");
  const namespace =
    kind === "Role" ? "kube-system" : name === "stargate-controller" ? undefined : datacenterNamespace;
  const rules = rights.map(({ group, resource, verb, name: only }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: [verb],
    ...(only === undefined ? {} : { resourceNames: [only] }),
  }));
  const apiVersion = `${rbac}/v1`;
  const metadata = { name: user };
  const inNamespace = namespace === undefined ? metadata : { ...metadata, namespace };
  return [
    { apiVersion, kind, metadata: kind === "Role" ? inNamespace : metadata, rules },
    {
      apiVersion,
      kind: namespace === undefined ? "ClusterRoleBinding" : "RoleBinding",
      metadata: inNamespace,
      roleRef: { apiGroup: rbac, kind, name: user },
      subjects: [{ apiGroup: rbac, kind: "User", name: user }],
    },
  ];
}

/** Asks the API server, as its administrator, whether it would let this user make the request. */
export async function mayAsk(admin: Transport, user: string, request: Request): Promise<boolean> {
  const [resource, subresource] = request.resource.split("/");
  const { group, verb, namespace, name } = request;
  const answer = await admin.fetch({
    action: "Cannot ask what a user may do",
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user, resourceAttributes: { group, verb, namespace, name, resource, subresource } },
    },
  });
  return Review.parse(answer).status.allowed;
}
