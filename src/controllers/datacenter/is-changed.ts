import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import type { Change } from "../../controller-runtime/informer.ts";

/** True where an object came, went, or got another spec. What is written into its status is no news here. */
export function isChanged(change: Change<Server> | Change<Datacenter>): boolean {
  return change.type !== "updated" || change.before.metadata.generation !== change.object.metadata.generation;
}
