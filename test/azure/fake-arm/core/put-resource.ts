import type { Answer, Call } from "./answer.ts";
import type { Arm } from "./arm.ts";
import { ArmError, networkError } from "./arm-error.ts";
import { checkGroup, checkName, checkPreconditions, readWanted, resourceNotFound } from "./check-request.ts";
import { refuseSecondWrite } from "./conflicts.ts";
import type { Kind, Prepared, Wanted } from "./kind.ts";
import { acceptedHeaders } from "./operation-answers.ts";
import type { Resource } from "./store.ts";
import { frame, type Target } from "./target.ts";

/** Creates or replaces a resource. */
export function putResource(arm: Arm, kind: Kind, target: Target, call: Call): Answer {
  const group = checkGroup(arm, target);
  const existing = arm.store.get(target.id);
  checkName(kind, target);
  if (group.state === "Deleting") throw groupIsGoing(target);
  const parent = findParent(arm, target);
  const wanted = readWanted(kind, target, call.body, existing);
  checkPreconditions(call, target, existing);
  const location = wanted.location ?? parent?.location ?? "";
  const writes = [
    target.id,
    ...(parent === undefined ? [] : [parent.id]),
    ...(kind.alsoWrites?.(arm, existing, wanted.properties) ?? []),
  ];
  const running = writes.map((id) => arm.operations.writing(id)).find((one) => one !== undefined);
  if (running !== undefined) {
    const pending = { provisioningState: "Updating" };
    return refuseSecondWrite(arm, kind, location, running, {
      status: existing === undefined ? 201 : 200,
      body: existing
        ? frame(existing, { ...kind.show(arm, existing), ...pending })
        : { ...target.parent, name: target.name, id: target.id, properties: pending },
    });
  }

  const prepared = kind.prepare(arm, { call, target, wanted, existing });
  const resource = store(arm, { target, wanted, prepared, existing });
  const failure = arm.plannedFailure ?? prepared.failure;
  arm.plannedFailure = undefined;
  const work = prepared.onAccept?.(resource, failure);
  if (parent !== undefined) parent.etag = newEtag(arm);
  const operation = arm.operations.start({
    owner: kind.owner,
    location,
    title: kind.title,
    durationMs: prepared.durationMs ?? kind.durationMs(arm),
    writes,
    work,
    failure,
    finish: (failed) => {
      resource.state = failed === undefined ? "Succeeded" : "Failed";
      resource.etag = newEtag(arm);
      prepared.onEnd?.(failed);
      return undefined;
    },
  });
  return {
    status: kind.type === "Microsoft.Compute/disks" ? 202 : existing === undefined ? 201 : 200,
    body: frame(resource, kind.show(arm, resource)),
    headers: acceptedHeaders(
      arm,
      operation,
      kind.type === "Microsoft.Compute/disks" ? "async and location" : "async",
    ),
  };
}

function store(
  arm: Arm,
  {
    target,
    wanted,
    prepared,
    existing,
  }: { target: Target; wanted: Wanted; prepared: Prepared; existing: Resource | undefined },
): Resource {
  const resource: Resource = {
    id: existing?.id ?? target.id,
    type: target.type,
    name: existing?.name ?? target.name,
    subscription: target.subscription,
    group: target.group,
    location: wanted.location,
    tags: wanted.tags,
    top: prepared.top ?? wanted.top,
    properties: prepared.properties,
    state: existing === undefined && target.type.startsWith("Microsoft.Compute/") ? "Creating" : "Updating",
    etag: newEtag(arm),
    guid: existing?.guid ?? arm.random.uuid(),
    createdAt: existing?.createdAt ?? arm.clock.now(),
  };
  if (prepared.children !== undefined) {
    for (const child of arm.store.under(resource.id)) arm.store.delete(child.id);
    for (const child of prepared.children) arm.store.put(child);
  }
  arm.store.put(resource);
  return resource;
}

export function newEtag(arm: Arm): string {
  return `W/"${arm.random.uuid()}"`;
}

function findParent(arm: Arm, target: Target): Resource | undefined {
  if (target.parent === undefined) return undefined;
  const parent = arm.store.get(target.parent.id);
  if (parent === undefined) {
    throw resourceNotFound({ ...target, ...target.parent });
  }
  if (parent.state === "Deleting") {
    throw networkError(409, "ResourceBeingDeleted", `Resource ${parent.id} is being deleted.`);
  }
  return parent;
}

function groupIsGoing({ group }: Target): ArmError {
  return new ArmError(
    409,
    "ResourceGroupBeingDeleted",
    `The resource group '${group}' is in deprovisioning state and cannot perform this operation.`,
  );
}
