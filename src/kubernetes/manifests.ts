import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { kinds } from "../api/v1alpha1/kinds.ts";
import { API_VERSION } from "../api/v1alpha1/kind.ts";
import { StargateError } from "../lib/errors.ts";
import type { ObjectRef, ResourceType } from "./client.ts";

/** One object out of a YAML text, with where it belongs. */
export interface Manifest {
  kind: string;
  type: ResourceType;
  ref: ObjectRef;
  body: object;
}

const Header = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** Kinds that our manifests are made of, as "group/version Kind": [plural, namespaced]. */
const known: Readonly<Record<string, readonly [plural: string, namespaced: boolean]>> = {
  "v1 Namespace": ["namespaces", false],
  "v1 ConfigMap": ["configmaps", true],
  "v1 Secret": ["secrets", true],
  "v1 Service": ["services", true],
  "v1 ServiceAccount": ["serviceaccounts", true],
  "v1 Pod": ["pods", true],
  "apps/v1 DaemonSet": ["daemonsets", true],
  "apps/v1 Deployment": ["deployments", true],
  "rbac.authorization.k8s.io/v1 ClusterRole": ["clusterroles", false],
  "rbac.authorization.k8s.io/v1 ClusterRoleBinding": ["clusterrolebindings", false],
  "rbac.authorization.k8s.io/v1 Role": ["roles", true],
  "rbac.authorization.k8s.io/v1 RoleBinding": ["rolebindings", true],
  "apiextensions.k8s.io/v1 CustomResourceDefinition": ["customresourcedefinitions", false],
  "scheduling.k8s.io/v1 PriorityClass": ["priorityclasses", false],
  ...Object.fromEntries(kinds.map(({ kind, plural }) => [`${API_VERSION} ${kind}`, [plural, true] as const])),
};

/**
 * The objects of a YAML text of one or more documents, in order.
 * @throws StargateError ManifestInvalid, naming the document
 */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document, index) => {
    const place = `document ${index + 1}`;
    const [problem] = document.errors;
    if (problem !== undefined) throw invalid(`${place}: ${problem.message}`);
    const value: unknown = document.toJS();
    return value === null || value === undefined ? [] : [parseManifest(value, place)];
  });
}

function parseManifest(value: unknown, place: string): Manifest {
  const header = Header.safeParse(value);
  if (!header.success) throw invalid(`${place}: apiVersion, kind and metadata.name are needed`);
  const { apiVersion, kind, metadata } = header.data;
  const found = known[`${apiVersion} ${kind}`];
  if (found === undefined) throw invalid(`${place}: ${apiVersion} ${kind} is not a kind we apply`);
  const [plural, namespaced] = found;
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const namespace = namespaced ? (metadata.namespace ?? "default") : "";
  return {
    kind,
    type: { group: group ?? "", version: version ?? "", plural, namespaced },
    ref: { namespace, name: metadata.name },
    body: header.data,
  };
}

function invalid(message: string): StargateError {
  return new StargateError("ManifestInvalid", `Cannot read the manifests: ${message}`);
}
