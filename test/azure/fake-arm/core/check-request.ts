import { z } from "zod";
import type { Call } from "./answer.ts";
import type { Arm } from "./arm.ts";
import { ArmError, networkError } from "./arm-error.ts";
import { AnyObject, compact, isObject, type Json, type JsonObject } from "./json.ts";
import type { Kind, Wanted } from "./kind.ts";
import { locations, plainLocation } from "./locations.ts";
import type { Resource } from "./store.ts";
import type { Target } from "./target.ts";
import { findUnknownMembers } from "./unknown-members.ts";

const Tags = z.record(z.string().max(512), z.string().max(256));

/** Members that answers carry and requests may repeat: they are read and ignored. */
const READ_ONLY = ["id", "name", "type", "etag", "location", "tags", "properties", "systemData", "resources"];

/** The body of a PUT, checked in form: throws what ARM answers to a wrong one. */
export function readWanted(
  kind: Kind,
  target: Target,
  body: Json | undefined,
  existing: Resource | undefined,
): Wanted {
  const parsed = AnyObject.safeParse(body);
  if (!parsed.success) throw invalidContent("The request content is not a JSON object.");
  checkMembers(kind, parsed.data);
  const { properties = {}, location, tags } = parsed.data;
  if (!isObject(properties)) throw invalidContent("'properties' is not a JSON object.");
  return {
    location: kind.isTracked ? readLocation(kind, target, location, existing) : undefined,
    tags: readTags(tags),
    top: compact(
      Object.fromEntries(Object.entries(parsed.data).filter(([member]) => kind.topMembers.includes(member))),
    ),
    properties,
  };
}

/** ARM knows no member that its SDK does not know. */
export function checkMembers(kind: Kind, body: JsonObject): void {
  const [unknown] = [
    ...findUnknownMembers(body, kind.model),
    ...Object.keys(body).filter((member) => ![...READ_ONLY, ...kind.topMembers].includes(member)),
  ];
  if (unknown === undefined) return;
  const typeName = kind.type.split("/").at(-1) ?? "";
  const message = `Could not find member '${unknown.split(".").at(-1)}' on object of type '${typeName}'. Path '${unknown}', line 1, position 1.`;
  if (kind.owner === "Microsoft.Network") {
    throw new ArmError(400, "InvalidRequestFormat", "Cannot parse the request.", {
      details: [{ code: "InvalidJson", message }],
    });
  }
  throw invalidContent(`The request content was invalid and could not be deserialized: '${message}'.`);
}

export function invalidContent(message: string): ArmError {
  return new ArmError(400, "InvalidRequestContent", message);
}

function readLocation(
  kind: Kind,
  target: Target,
  location: Json | undefined,
  existing: Resource | undefined,
): string {
  if (typeof location !== "string" || location === "") {
    throw new ArmError(400, "LocationRequired", "The location property is required for this definition.");
  }
  const plain = plainLocation(location);
  if (!(plain in locations)) {
    throw new ArmError(
      400,
      "LocationNotAvailableForResourceType",
      `The provided location '${location}' is not available for resource type '${kind.type}'. List of available regions for the resource type is '${Object.keys(locations).join(",")}'.`,
    );
  }
  if (existing !== undefined && existing.location !== plain) {
    throw new ArmError(
      409,
      "InvalidResourceLocation",
      `The resource '${target.name}' already exists in location '${existing.location}' in resource group '${target.group}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    );
  }
  return plain;
}

export function readTags(tags: Json | undefined): Record<string, string> | undefined {
  if (tags === undefined || tags === null) return undefined;
  const parsed = Tags.safeParse(tags);
  if (!parsed.success) throw new ArmError(400, "InvalidTag", "A tag's name or value is not valid.");
  const names = Object.keys(parsed.data);
  if (names.length > 50) {
    throw new ArmError(
      400,
      "InvalidTagCount",
      `The number of tags '${names.length}' is above the limit of 50.`,
    );
  }
  const bad = names.find((name) => /[<>%&\\?/]/.test(name) || name === "");
  if (bad !== undefined) {
    throw new ArmError(
      400,
      "InvalidTagNameCharacters",
      `The tag names '${bad}' have reserved characters '<,>,%,&,\\,?,/' or control characters.`,
    );
  }
  return parsed.data;
}

export function checkName(kind: Kind, { name, type }: Target): void {
  if (kind.name.pattern.test(name)) return;
  if (kind.owner === "Microsoft.Network") {
    throw networkError(400, "InvalidResourceName", `Resource name ${name} is invalid. ${kind.name.rule}`);
  }
  throw new ArmError(
    400,
    "InvalidParameter",
    `The value '${name}' of the name of ${type} is invalid. ${kind.name.rule}`,
    {
      target: "name",
    },
  );
}

/** If-Match and If-None-Match, as network resources and VMs obey them. */
export function checkPreconditions(call: Call, target: Target, existing: Resource | undefined): void {
  const ifMatch = call.headers["if-match"];
  const ifNoneMatch = call.headers["if-none-match"];
  const isKept =
    (ifMatch !== undefined && (existing === undefined || (ifMatch !== "*" && ifMatch !== existing.etag))) ||
    (ifNoneMatch === "*" && existing !== undefined);
  if (!isKept) return;
  throw networkError(
    412,
    "PreconditionFailed",
    `Precondition failed. Etag provided in if-match header ${ifMatch ?? ifNoneMatch} does not match etag ${existing?.etag ?? "(none)"} of resource ${target.id} in NRP data store.`,
  );
}

/** The group exists and is not going; the provider is registered. */
export function checkGroup(arm: Arm, target: Pick<Target, "group" | "groupId" | "type">): Resource {
  const group = arm.store.get(target.groupId);
  if (group === undefined) throw groupNotFound(target.group);
  const namespace = target.type.split("/")[0] ?? "";
  if (arm.settings.unregisteredProviders.includes(namespace)) {
    throw new ArmError(
      409,
      "MissingSubscriptionRegistration",
      `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`,
      {
        details: [
          {
            code: "MissingSubscriptionRegistration",
            target: namespace,
            message: `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`,
          },
        ],
      },
    );
  }
  return group;
}

export function groupNotFound(group: string): ArmError {
  return new ArmError(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
}

export function resourceNotFound(target: Target): ArmError {
  const path = target.id.split("/providers/")[1] ?? target.id;
  return new ArmError(
    404,
    "ResourceNotFound",
    `The Resource '${path}' under resource group '${target.group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}
