import { GROUP, VERSION } from "../api/v1alpha1/kind.ts";
import type { ResourceType } from "./client.ts";

function define(
  group: string,
  version: string,
  plural: string,
  scope: "namespaced" | "cluster",
): ResourceType {
  return { group, version, plural, namespaced: scope === "namespaced" };
}

export const nodes = define("", "v1", "nodes", "cluster");
export const namespaces = define("", "v1", "namespaces", "cluster");
export const secrets = define("", "v1", "secrets", "namespaced");
export const configMaps = define("", "v1", "configmaps", "namespaced");
export const pods = define("", "v1", "pods", "namespaced");
export const services = define("", "v1", "services", "namespaced");
export const daemonSets = define("apps", "v1", "daemonsets", "namespaced");
export const deployments = define("apps", "v1", "deployments", "namespaced");
export const events = define("events.k8s.io", "v1", "events", "namespaced");
export const leases = define("coordination.k8s.io", "v1", "leases", "namespaced");
export const certificateSigningRequests = define(
  "certificates.k8s.io",
  "v1",
  "certificatesigningrequests",
  "cluster",
);
export const customResourceDefinitions = define(
  "apiextensions.k8s.io",
  "v1",
  "customresourcedefinitions",
  "cluster",
);

export const servers = define(GROUP, VERSION, "servers", "namespaced");
export const provisioningProfiles = define(GROUP, VERSION, "provisioningprofiles", "namespaced");
export const operations = define(GROUP, VERSION, "operations", "namespaced");
export const datacenters = define(GROUP, VERSION, "datacenters", "namespaced");
export const rollouts = define(GROUP, VERSION, "rollouts", "namespaced");
