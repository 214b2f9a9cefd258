import { z } from "zod";
import {
  API_VERSION,
  celRules,
  ObjectMeta,
  ObjectName,
  ObservedGeneration,
  type KindDefinition,
} from "./kind.ts";

/** A label's value, and a label's or taint's key: an optional DNS prefix, a slash, a name. */
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const qualifiedName = /^([a-z0-9]([-.a-z0-9]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** The kubelet refuses to start with labels of these domains, but for the ones below them. */
const isKubeletLabel =
  "self.all(key, !key.matches('^([^/]*[.])?(kubernetes|k8s)[.]io/') || " +
  "key.matches('^([^/]*[.])?(node|kubelet)[.]kubernetes[.]io/') || " +
  "key in ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'])";

export const Taint = z.object({
  key: z.string().min(1).max(316).regex(qualifiedName).describe("Key, for instance example.com/dedicated."),
  value: z.string().max(63).regex(labelValue).optional().describe("Value; may be left out."),
  effect: z
    .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
    .describe("What becomes of Pods that do not tolerate it."),
});
export type Taint = z.infer<typeof Taint>;

export const ArtifactSource = z
  .object({
    type: z
      .enum(["Packages", "Mirror", "ControllerCache"])
      .describe(
        "Packages: the distribution's and pkgs.k8s.io's package repositories. Mirror: a node bundle below `url`, " +
          "fetched by the server. ControllerCache: a node bundle the controller holds and sends over SSH.",
      ),
    url: z
      .string()
      .max(2048)
      .optional()
      .describe(
        "Base URL of the mirror: <url>/<version>-<os>-<arch>/manifest.json lists files with checksums.",
      ),
    manifestSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe("Checksum of the mirror's manifest.json, so that the mirror need not be trusted."),
  })
  .meta(
    celRules(
      {
        rule: "(self.type == 'Mirror') == has(self.url)",
        message: "url goes with type Mirror, and only with it",
      },
      {
        rule: "!has(self.url) || (isURL(self.url) && url(self.url).getScheme() in ['http', 'https'])",
        message: "url must be a URL that starts with http:// or https://",
      },
      {
        rule: "!has(self.manifestSha256) || self.type == 'Mirror'",
        message: "manifestSha256 goes with type Mirror only",
      },
      {
        rule: "!has(self.url) || self.url.startsWith('https://') || has(self.manifestSha256)",
        message:
          "an http:// mirror needs manifestSha256, or anybody on the way could change what is installed",
      },
    ),
  );
export type ArtifactSource = z.infer<typeof ArtifactSource>;

export const ProvisioningProfileSpec = z.object({
  kubernetesVersion: z
    .string()
    .regex(/^1\.[0-9]{1,3}(\.[0-9]{1,3})?$/)
    .describe(
      'Version of kubelet and kubeadm: a minor ("1.37", its newest known patch) or a patch ("1.37.2").',
    ),
  containerRuntime: z
    .enum(["containerd"])
    .default("containerd")
    .describe("containerd is the only one so far."),
  sshCredentialsSecretRef: ObjectName().describe(
    "Secret in this namespace with `username` and `privateKey` for SSH to the servers.",
  ),
  tailscaleAuthKeySecretRef: ObjectName()
    .optional()
    .describe(
      "Secret in this namespace with the tailnet's auth key. Workers never join the tailnet, so none is needed.",
    ),
  adminUsername: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/)
    .optional()
    .describe("User to log in as, where the Secret names none. May use sudo without a password."),
  nodeLabels: z
    .record(z.string(), z.string().max(63).regex(labelValue))
    .default({})
    .meta({
      maxProperties: 64,
      ...celRules(
        {
          rule: `self.all(key, size(key) <= 316 && key.matches('${qualifiedName.source.replaceAll("\\/", "/")}'))`,
          message: "a label's key is [prefix/]name, for instance example.com/rack",
        },
        {
          rule: isKubeletLabel,
          message:
            "a kubelet may not give itself labels of kubernetes.io but node.kubernetes.io/…: " +
            "set node-role.kubernetes.io/… and the like with kubectl label",
        },
      ),
    })
    .describe("Labels the Node gets when it registers."),
  nodeTaints: z
    .array(Taint)
    .max(32)
    .default([])
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["key", "effect"] })
    .describe("Taints the Node gets when it registers."),
  artifactSource: ArtifactSource.default({ type: "Packages" }).describe(
    "Where programs and images come from.",
  ),
  customBootstrapScript: z
    .string()
    .max(131072)
    .optional()
    .describe("Script run as root on the server before it joins. Must be safe to run twice."),
});
export type ProvisioningProfileSpec = z.infer<typeof ProvisioningProfileSpec>;

export const ProvisioningProfileStatus = z.object({
  observedGeneration: ObservedGeneration,
});

export const ProvisioningProfile = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("ProvisioningProfile"),
  metadata: ObjectMeta,
  spec: ProvisioningProfileSpec,
});
export type ProvisioningProfile = z.infer<typeof ProvisioningProfile>;

export const provisioningProfileKind: KindDefinition = {
  kind: "ProvisioningProfile",
  plural: "provisioningprofiles",
  singular: "provisioningprofile",
  shortNames: ["pp"],
  description: "How servers are made into workers: which version, from where, with which credentials.",
  spec: ProvisioningProfileSpec,
  status: ProvisioningProfileStatus,
  columns: [
    { name: "Kubernetes", type: "string", jsonPath: ".spec.kubernetesVersion" },
    { name: "Runtime", type: "string", jsonPath: ".spec.containerRuntime" },
    { name: "Artifacts", type: "string", jsonPath: ".spec.artifactSource.type" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  selectableFields: [],
  rules: [],
};
