import { renderCrd } from "./render-crd.ts";
import { kinds } from "./v1alpha1/kinds.ts";

/** Every CustomResourceDefinition of ours as one YAML text: what `kubectl apply -f config/crd` applies. */
export function renderCrds(): string {
  return kinds.map(renderCrd).join("---\n");
}
