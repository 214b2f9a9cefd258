import type { z } from "zod";
import { Operation } from "../../api/v1alpha1/operation.ts";
import { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import { Server } from "../../api/v1alpha1/server.ts";
import { Informer } from "../../controller-runtime/informer.ts";
import type { ApiObject } from "../../controller-runtime/object-key.ts";
import type { KubeClient, ResourceType } from "../../kubernetes/client.ts";
import { objectSource } from "../../kubernetes/object-source.ts";
import * as resources from "../../kubernetes/resources.ts";
import { Node } from "../../kubernetes/schemas.ts";
import type { Log } from "../../lib/log.ts";
import { isFinished } from "./facts.ts";

/**
 * An Operation as it is held: of one that has ended, only what others go by. There may be thousands of them, and most of
 * each is the tale of its steps, which is still there to be read.
 */
const HeldOperation = Operation.transform((operation): Operation => {
  if (!isFinished(operation)) return operation;
  const { steps: _steps, conditions: _conditions, message: _message, ...status } = operation.status;
  return { ...operation, status };
});

/** Everything that is watched for Operations, each once. */
export interface Informers {
  operations: Informer<Operation>;
  servers: Informer<Server>;
  profiles: Informer<ProvisioningProfile>;
  nodes: Informer<Node>;
}

export function createInformers(client: KubeClient, namespace: string | undefined, log: Log): Informers {
  const inform = <T extends ApiObject>(
    type: ResourceType,
    schema: z.ZodType<T>,
    inNamespace: string | undefined,
  ): Informer<T> =>
    new Informer({
      name: type.plural,
      source: objectSource(client, type, schema, { log, namespace: inNamespace }),
      log,
    });
  return {
    operations: inform(resources.operations, HeldOperation, namespace),
    servers: inform(resources.servers, Server, namespace),
    profiles: inform(resources.provisioningProfiles, ProvisioningProfile, namespace),
    nodes: inform(resources.nodes, Node, undefined),
  };
}
