import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { renderCrds } from "../api/crds.ts";
import { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import { readCredentials } from "../controllers/operation/observe.ts";
import type { KubeClient, ResourceType } from "../kubernetes/client.ts";
import { configMaps, customResourceDefinitions, provisioningProfiles } from "../kubernetes/resources.ts";
import { StargateError } from "../lib/errors.ts";
import { attempt, ok, red, redFor, warning, type Attempt, type Finding } from "./finding.ts";

const clusterRoleBindings: ResourceType = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  plural: "clusterrolebindings",
  namespaced: false,
};

const Crd = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    versions: z.array(z.object({ name: z.string(), served: z.boolean(), schema: z.unknown() })),
  }),
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
    .default({ conditions: [] }),
});
type Crd = z.infer<typeof Crd>;

export interface CrdFacts {
  wanted: Crd;
  found: Attempt<Crd | undefined>;
}

/** What `kubeadm join` reads or is allowed by. A control plane that kubeadm did not make may lack it. */
const joinObjects = [
  { type: configMaps, namespace: "kube-system", name: "kubeadm-config" },
  { type: configMaps, namespace: "kube-system", name: "kubelet-config" },
  { type: configMaps, namespace: "kube-public", name: "cluster-info" },
  { type: clusterRoleBindings, namespace: "", name: "kubeadm:kubelet-bootstrap" },
  { type: clusterRoleBindings, namespace: "", name: "kubeadm:node-autoapprove-bootstrap" },
] as const;

export interface ClusterFacts {
  crds: CrdFacts[];
  missingForJoin: Attempt<string[]>;
  /** What each profile's credentials lack; undefined where they can be used. */
  profiles: Attempt<{ name: string; problem: string | undefined }[]>;
}

export async function readCluster(client: KubeClient, signal: AbortSignal): Promise<ClusterFacts> {
  const wanted = parseAllDocuments(renderCrds()).map((document) => Crd.parse(document.toJS()));
  const [crds, missingForJoin, profiles] = await Promise.all([
    Promise.all(
      wanted.map(async (crd) => {
        const ref = { namespace: "", name: crd.metadata.name };
        const read = () => client.getIfExists(customResourceDefinitions, ref, Crd, signal);
        return { wanted: crd, found: await attempt(read, signal) };
      }),
    ),
    attempt(() => findMissingForJoin(client, signal), signal),
    attempt(() => readProfiles(client, signal), signal),
  ]);
  return { crds, missingForJoin, profiles };
}

async function findMissingForJoin(client: KubeClient, signal: AbortSignal): Promise<string[]> {
  const found = await Promise.all(
    joinObjects.map(async ({ type, ...ref }) => {
      const object = await client.getIfExists(type, ref, z.unknown(), signal);
      return object === undefined ? [`${type.plural}/${ref.name}`] : [];
    }),
  );
  return found.flat();
}

async function readProfiles(
  client: KubeClient,
  signal: AbortSignal,
): Promise<{ name: string; problem: string | undefined }[]> {
  const { items } = await client.list(provisioningProfiles, ProvisioningProfile, { signal });
  return Promise.all(
    items.map(async (profile) => {
      const credentials = await readCredentials(client, profile, { adminUsername: "any", signal });
      const name = `${profile.metadata.namespace}/${profile.metadata.name}`;
      return { name, problem: typeof credentials === "string" ? credentials : undefined };
    }),
  );
}

/** Pure. */
export function judgeCluster({ crds, missingForJoin, profiles }: ClusterFacts): Finding[] {
  return [...judgeCrds(crds), judgeJoin(missingForJoin), ...judgeProfiles(profiles)];
}

function judgeCrds(crds: readonly CrdFacts[]): Finding[] {
  const remedy = "Install this version's: make install-crds (prep-dc-inventory does it too).";
  const bad = crds.flatMap(({ wanted, found }) => {
    const [plural = ""] = wanted.metadata.name.split(".");
    const check = `CRD ${plural}`;
    if ("error" in found) return [redFor(check, found.error, "Use a kubeconfig that may read CRDs.")];
    if (found.value === undefined) return [red(check, "it is not installed", remedy)];
    const established = found.value.status.conditions.find(({ type }) => type === "Established")?.status;
    if (established !== "True")
      return [
        red(check, "the API server does not serve it", `Read kubectl describe crd ${wanted.metadata.name}.`),
      ];
    const differs = wanted.spec.versions.filter(
      (version) => !found.value?.spec.versions.some((other) => isDeepStrictEqual(other, version)),
    );
    if (differs.length === 0) return [];
    return [warning(check, "it is of another version of Stargate than this program", remedy)];
  });
  return bad.length > 0 ? bad : [ok("CRDs", `${crds.length}, of this version`)];
}

function judgeJoin(missing: Attempt<string[]>): Finding {
  const check = "kubeadm join";
  if ("error" in missing)
    return redFor(check, missing.error, "Use a kubeconfig that may read these objects.");
  if (missing.value.length === 0) return ok(check, "ConfigMaps and roles are there");
  return red(
    check,
    `missing: ${missing.value.join(", ")}`,
    "Publish them on the control plane: kubeadm init phase upload-config all, and kubeadm init phase bootstrap-token.",
  );
}

function judgeProfiles(profiles: Attempt<{ name: string; problem: string | undefined }[]>): Finding[] {
  if ("error" in profiles) {
    const isCrdMissing =
      profiles.error instanceof StargateError && profiles.error.reason === "ApiTypeMissing";
    return isCrdMissing
      ? []
      : [redFor("profiles", profiles.error, "Use a kubeconfig that may read them and their Secrets.")];
  }
  if (profiles.value.length === 0) {
    return [
      warning(
        "profiles",
        "there is no ProvisioningProfile",
        "Apply one: config/samples/provisioning-profile.yaml.",
      ),
    ];
  }
  const bad = profiles.value.flatMap(({ name, problem }) =>
    problem === undefined
      ? []
      : [
          red(
            `profile ${name}`,
            problem,
            "Create the Secret as the profile names it, or change the profile.",
          ),
        ],
  );
  return bad.length > 0 ? bad : [ok("profiles", `${profiles.value.length}, each with its credentials`)];
}
