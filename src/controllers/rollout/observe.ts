import type { Rollout } from "../../api/v1alpha1/rollout.ts";
import type { Context } from "./context.ts";
import type { Facts } from "./facts.ts";
import { selectServers } from "./select-servers.ts";

/** Gathers what a Rollout is decided from. The informers hold all of it: nothing is asked of the API server. */
export function observe(rollout: Rollout, { informers, clock }: Context): Facts {
  const { namespace } = rollout.metadata;
  const operations = Map.groupBy(informers.operations.list({ namespace }), ({ spec }) => spec.serverRef.name);
  return {
    nowMs: clock.now(),
    rollout,
    profile: informers.profiles.get({ namespace, name: rollout.spec.provisioningProfileRef.name }),
    servers: selectServers(rollout, informers.servers.list({ namespace })).map((server) => {
      const { nodeRef } = server.status;
      return {
        server,
        operations: operations.get(server.metadata.name) ?? [],
        node: nodeRef === undefined ? undefined : informers.nodes.get({ namespace: "", name: nodeRef.name }),
      };
    }),
  };
}
