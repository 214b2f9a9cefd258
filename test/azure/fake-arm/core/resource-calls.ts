import type { Answer, Call } from "./answer.ts";
import type { Arm } from "./arm.ts";
import type { ArmError } from "./arm-error.ts";
import { AnyObject, type Json } from "./json.ts";
import {
  checkGroup,
  checkPreconditions,
  groupNotFound,
  invalidContent,
  readTags,
  resourceNotFound,
} from "./check-request.ts";
import { refuseSecondWrite } from "./conflicts.ts";
import type { Kind } from "./kind.ts";
import { acceptedHeaders } from "./operation-answers.ts";
import type { Operation } from "./operations.ts";
import { newEtag } from "./put-resource.ts";
import { parentId, type Resource } from "./store.ts";
import { frame, type Target } from "./target.ts";

export function findResource(arm: Arm, target: Target): Resource {
  if (arm.store.get(target.groupId) === undefined) throw groupNotFound(target.group);
  const resource = arm.store.get(target.id);
  if (resource === undefined) throw resourceNotFound(target);
  return resource;
}

export function showResource(arm: Arm, kind: Kind, target: Target, call: Call): Answer {
  const resource = findResource(arm, target);
  const headers = kind.owner === "Microsoft.Network" ? { etag: resource.etag } : {};
  return { status: 200, body: frame(resource, kind.show(arm, resource, call)), headers };
}

/** The resources of a type in a group, in a parent, or (scope "") in the subscription. */
export function listResources(arm: Arm, kind: Kind, scope: string, call: Call): Answer {
  const resources = arm.store.ofType(kind.type, scope);
  return page(
    arm,
    call,
    resources.map((resource) => frame(resource, kind.show(arm, resource, call))),
  );
}

/** Long lists come in pages, each with a link to the next. */
export function page(arm: Arm, call: Call, items: Json[], size = arm.settings.pageSize): Answer {
  const from = Number(call.query.get("$skiptoken") ?? 0);
  const value = items.slice(from, from + size);
  if (from + size >= items.length) return { status: 200, body: { value } };
  const query = new URLSearchParams(call.query);
  query.set("$skiptoken", String(from + size));
  return { status: 200, body: { value, nextLink: `${arm.endpoint}${call.path}?${query.toString()}` } };
}

/** Replaces the tags and nothing else, at once: no other member may be sent. */
export function patchTags(arm: Arm, kind: Kind, target: Target, call: Call): Answer {
  checkGroup(arm, target);
  const resource = findResource(arm, target);
  checkPreconditions(call, target, resource);
  const parsed = AnyObject.safeParse(call.body);
  if (!parsed.success) throw invalidContent("The request content is not a JSON object.");
  const other = Object.keys(parsed.data).find((member) => member !== "tags");
  if (other !== undefined)
    throw invalidContent(`Could not find member '${other}' on object of type 'TagsObject'.`);
  resource.tags = readTags(parsed.data["tags"]);
  resource.etag = newEtag(arm);
  return { status: 200, body: frame(resource, kind.show(arm, resource)) };
}

export function deleteResource(arm: Arm, kind: Kind, target: Target, call: Call): Answer {
  if (arm.store.get(target.groupId) === undefined) throw groupNotFound(target.group);
  const resource = arm.store.get(target.id);
  if (resource === undefined) return { status: 204 };
  checkPreconditions(call, target, resource);
  if (kind.remove !== undefined) return kind.remove(arm, resource, call);
  const writes = [
    resource.id,
    ...(target.parent === undefined ? [] : [target.parent.id]),
    ...(kind.alsoWrites?.(arm, resource, {}) ?? []),
  ];
  const running = writes.map((id) => arm.operations.writing(id)).find((one) => one !== undefined);
  if (running !== undefined) return refuseSecondWrite(arm, kind, locationOf(arm, resource), running);
  const whyKept = kind.whyKept?.(arm, resource) ?? justReleased(arm, resource);
  if (whyKept !== undefined) throw whyKept;
  return accepted(arm, startDelete(arm, kind, resource, writes));
}

function justReleased(arm: Arm, { id }: Resource): ArmError | undefined {
  const released = arm.released.get(id.toLowerCase());
  return released !== undefined && released.until > arm.clock.now() ? released.error : undefined;
}

/** Begins to delete; what is deleted is still there, as Deleting, until the end. */
export function startDelete(
  arm: Arm,
  kind: Kind,
  resource: Resource,
  writes: readonly string[],
  options: { durationMs?: number; work?: Promise<void>; onEnd?: () => void } = {},
): Operation {
  const failure = arm.plannedFailure;
  arm.plannedFailure = undefined;
  resource.state = "Deleting";
  return arm.operations.start({
    owner: kind.owner,
    location: locationOf(arm, resource),
    title: kind.title.replace(/^Put/, "Delete"),
    durationMs: options.durationMs ?? kind.durationMs(arm),
    writes,
    work: options.work,
    failure,
    finish: (failed) => {
      if (failed === undefined) arm.store.delete(resource.id);
      else resource.state = "Failed";
      options.onEnd?.();
      return undefined;
    },
  });
}

export function accepted(arm: Arm, operation: Operation): Answer {
  return { status: 202, headers: acceptedHeaders(arm, operation, "async and location") };
}

function locationOf(arm: Arm, resource: Resource): string {
  return resource.location ?? arm.store.get(parentId(resource.id))?.location ?? "";
}
