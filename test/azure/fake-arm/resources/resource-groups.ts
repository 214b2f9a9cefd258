import { resourceGroupDeserializer } from "../../../../node_modules/@azure/arm-resources/dist/esm/models/models.js";
import type { Answer, Call } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { groupNotFound, invalidContent, readTags } from "../core/check-request.ts";
import { AnyObject, type JsonObject } from "../core/json.ts";
import { locations, plainLocation } from "../core/locations.ts";
import { acceptedHeaders } from "../core/operation-answers.ts";
import { newEtag } from "../core/put-resource.ts";
import { page } from "../core/resource-calls.ts";
import type { Resource } from "../core/store.ts";
import { findUnknownMembers } from "../core/unknown-members.ts";
import { nicIdsOf } from "../network/interfaces.ts";
import { ipConfigurationsOf } from "../network/addresses.ts";
import { objectIn, referenceIn } from "../core/json.ts";

export const GROUP = "Microsoft.Resources/resourceGroups";

const NAME = /^[-\w.()]{0,89}[-\w()]$/;

export function groupIdOf(arm: Arm, name: string): string {
  return `/subscriptions/${arm.settings.subscriptionId}/resourceGroups/${name}`;
}

export function putGroup(arm: Arm, name: string, call: Call): Answer {
  if (!NAME.test(name)) {
    throw new ArmError(
      400,
      "InvalidResourceGroupName",
      `The provided resource group name '${name}' has these invalid characters or a trailing period. The name can only be a letter, digit, '-', '.', '(', ')' or '_'.`,
    );
  }
  const body = readBody(call);
  const { location } = body;
  if (typeof location !== "string" || location === "") {
    throw new ArmError(400, "LocationRequired", "The location property is required for this definition.");
  }
  const plain = plainLocation(location);
  if (!(plain in locations)) {
    throw new ArmError(
      400,
      "LocationNotAvailableForResourceGroup",
      `The provided location '${location}' is not available for resource group. List of available regions is '${Object.keys(locations).join(",")}'.`,
    );
  }
  const existing = arm.store.get(groupIdOf(arm, name));
  if (existing?.state === "Deleting") {
    throw new ArmError(
      409,
      "ResourceGroupBeingDeleted",
      `The resource group '${name}' is in deprovisioning state and cannot perform this operation.`,
    );
  }
  if (existing !== undefined && existing.location !== plain) {
    throw new ArmError(
      409,
      "InvalidResourceGroupLocation",
      `Invalid resource group location '${location}'. The Resource group already exists in location '${existing.location}'.`,
    );
  }
  const group: Resource = {
    id: existing?.id ?? groupIdOf(arm, name),
    type: GROUP,
    name: existing?.name ?? name,
    subscription: arm.settings.subscriptionId,
    group: name,
    location: plain,
    tags: readTags(body["tags"]),
    top: {},
    properties: {},
    state: "Succeeded",
    etag: newEtag(arm),
    guid: existing?.guid ?? arm.random.uuid(),
    createdAt: existing?.createdAt ?? arm.clock.now(),
  };
  arm.store.put(group);
  return { status: existing === undefined ? 201 : 200, body: showGroup(group) };
}

export function patchGroup(arm: Arm, name: string, call: Call): Answer {
  const group = requireGroup(arm, name);
  const body = readBody(call);
  if ("tags" in body) group.tags = readTags(body["tags"]);
  return { status: 200, body: showGroup(group) };
}

function readBody(call: Call): JsonObject {
  const parsed = AnyObject.safeParse(call.body);
  if (!parsed.success) throw invalidContent("The request content is not a JSON object.");
  const [unknown] = findUnknownMembers(parsed.data, resourceGroupDeserializer);
  if (unknown === undefined) return parsed.data;
  throw invalidContent(
    `The request content was invalid and could not be deserialized: 'Could not find member '${unknown}' on object of type 'ResourceGroupDefinition'. Path '${unknown}', line 1, position 1.'.`,
  );
}

export function requireGroup(arm: Arm, name: string): Resource {
  const group = arm.store.get(groupIdOf(arm, name));
  if (group === undefined) throw groupNotFound(name);
  return group;
}

export function showGroup({ id, name, location, tags, state }: Resource): JsonObject {
  return {
    id,
    name,
    type: GROUP,
    location: location ?? "",
    ...(tags === undefined ? {} : { tags }),
    properties: { provisioningState: state },
  };
}

export function listGroups(arm: Arm, call: Call): Answer {
  const groups = arm.store.ofType(GROUP).filter(tagFilter(call));
  return page(arm, call, groups.map(showGroup));
}

/** $filter=tagName eq 'a' and tagValue eq 'b' */
export function tagFilter(call: Call): (resource: Resource) => boolean {
  const filter = call.query.get("$filter");
  if (filter === null || !/tagname/i.test(filter)) return () => true;
  const parsed = /^tagName eq '([^']+)'(?: and tagValue eq '([^']*)')?$/i.exec(filter.trim());
  if (parsed === null) {
    throw new ArmError(
      400,
      "InvalidFilterInQueryString",
      `Invalid $filter '${filter}' specified in the query string.`,
    );
  }
  const [, name = "", value] = parsed;
  return ({ tags }) =>
    Object.entries(tags ?? {}).some(
      ([tag, its]) => tag.toLowerCase() === name.toLowerCase() && (value === undefined || its === value),
    );
}

/** Deletes the group with all that is in it, unless something outside still uses it. */
export function deleteGroup(arm: Arm, name: string): Answer {
  const group = requireGroup(arm, name);
  const running = arm.operations.writing(group.id);
  if (running !== undefined) return { status: 202, headers: acceptedHeaders(arm, running, "location") };
  const failure = arm.plannedFailure ?? whyBlocked(arm, group);
  arm.plannedFailure = undefined;
  group.state = "Deleting";
  const inside = arm.store.under(group.id);
  const guests =
    failure === undefined ? inside.flatMap(({ id }) => arm.guests.get(id.toLowerCase()) ?? []) : [];
  const operation = arm.operations.start({
    owner: "Microsoft.Resources",
    location: group.location ?? "",
    title: "DeleteResourceGroup",
    durationMs: arm.settings.durations.groupDelete,
    writes: [group.id],
    work: Promise.all(guests.map(({ backend }) => backend.remove())).then(() => undefined),
    failure,
    finish: (failed) => {
      if (failed !== undefined) {
        group.state = "Succeeded";
        return undefined;
      }
      for (const { id } of arm.store.under(group.id)) arm.guests.delete(id.toLowerCase());
      arm.store.delete(group.id);
      return undefined;
    },
  });
  return { status: 202, headers: acceptedHeaders(arm, operation, "location") };
}

function whyBlocked(arm: Arm, group: Resource): ArmError | undefined {
  const isInside = (id: string | undefined): boolean =>
    id?.toLowerCase().startsWith(`${group.id.toLowerCase()}/`) ?? false;
  const outside = arm.store.all().filter(({ id }) => !isInside(id));
  const user = outside.find(
    (resource) =>
      nicIdsOf(resource.properties).some(isInside) ||
      ipConfigurationsOf(resource).some(({ body }) =>
        isInside(referenceIn(objectIn(body, "properties"), "subnet")),
      ),
  );
  if (user === undefined) return undefined;
  return new ArmError(
    409,
    "ResourceGroupDeletionBlocked",
    `Deletion of resource group '${group.name}' failed as resources in it are in use by ${user.id}. The provisioning state of the resource group will be rolled back.`,
  );
}
