import { parse, parseAllDocuments, stringify, type Document } from "yaml";
import { readAsset } from "../lib/assets.ts";
import { images } from "../toolchain/node-bundle.ts";
import type { LabState } from "./lab-state.ts";

/**
 * The cluster's add-ons as YAML: flannel, kube-proxy and CoreDNS, told where this lab's API server is and which
 * version it has. Everything else is as it stands in addons/*.yaml.
 */
export function renderAddons(state: LabState): string {
  return [renderFlannel(state), renderKubeProxy(state), readAsset("lab/addons/coredns.yaml")].join("---\n");
}

function renderFlannel(state: LabState): string {
  const documents = readDocuments("lab/addons/flannel.yaml");
  const env = ["spec", "template", "spec", "containers", 0, "env"];
  const daemonSet = find(documents, "DaemonSet");
  daemonSet.setIn([...env, 2, "value"], state.tailnetAddress);
  daemonSet.setIn([...env, 3, "value"], String(state.ports.apiServer));
  return write(documents);
}

function renderKubeProxy(state: LabState): string {
  const documents = readDocuments("lab/addons/kube-proxy.yaml");
  find(documents, "DaemonSet").setIn(
    ["spec", "template", "spec", "containers", 0, "image"],
    images.kubeProxy(state.kubernetesVersion),
  );
  const configMap = find(documents, "ConfigMap");
  const path = ["data", "kubeconfig.conf"];
  const kubeconfig = parseAllDocuments(String(configMap.getIn(path)))[0];
  kubeconfig?.setIn(["clusters", 0, "cluster", "server"], state.workerApiServer);
  configMap.setIn(path, String(kubeconfig));
  return write(documents);
}

function readDocuments(name: string): Document[] {
  return parseAllDocuments(readAsset(name)).map((document) => document.clone());
}

function find(documents: readonly Document[], kind: string): Document {
  const found = documents.find((document) => document.get("kind") === kind);
  if (found === undefined) throw new Error(`an add-on has no ${kind}`);
  return found;
}

function write(documents: readonly Document[]): string {
  return documents.map((document) => stringify(parse(String(document)))).join("---\n");
}
