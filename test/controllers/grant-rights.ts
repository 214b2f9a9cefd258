import { readFile } from "node:fs/promises";
import { stringify } from "yaml";
import { applyManifests } from "../../src/kubernetes/apply-manifests.ts";
import type { KubeClient } from "../../src/kubernetes/client.ts";

/** Gives a user what the ServiceAccount of config/rbac has, in this namespace. */
export async function grantRights(client: KubeClient, user: string, namespace: string): Promise<void> {
  await applyManifests(client, await readFile("config/rbac/controller.yaml", "utf8"));
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }];
  const bind = (kind: string, inNamespace: string, roleKind: string, role: string): string =>
    stringify({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind,
      metadata: { name: `test-${role}`, ...(inNamespace === "" ? {} : { namespace: inNamespace }) },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: roleKind, name: role },
      subjects,
    });
  const bindings = [
    bind("ClusterRoleBinding", "", "ClusterRole", "stargate-controller"),
    bind("RoleBinding", "kube-system", "Role", "stargate-controller"),
    bind("RoleBinding", namespace, "ClusterRole", "stargate-credentials-reader"),
  ];
  await applyManifests(client, bindings.join("---\n"));
}
