import type { Arm } from "../core/arm.ts";
import { networkError } from "../core/arm-error.ts";
import { objectIn, objectsIn, textIn, type JsonObject } from "../core/json.ts";
import type { Kind, PutRequest } from "../core/kind.ts";
import { newEtag } from "../core/put-resource.ts";
import type { Resource } from "../core/store.ts";
import { targetOf } from "../core/target.ts";

/**
 * Children that stand in their parent's body (subnets of a network, routes of a table), as resources of their own.
 * `prepare` checks one of them, knowing those before it.
 */
export function childrenInBody(
  arm: Arm,
  kind: Kind,
  { target, wanted, call }: PutRequest,
  member: string,
  prepare: (request: PutRequest, before: readonly Resource[]) => JsonObject,
): Resource[] | undefined {
  const bodies = objectsIn(wanted.properties, member);
  if (bodies === undefined) return undefined;
  const children: Resource[] = [];
  for (const body of bodies) {
    const name = textIn(body, "name");
    if (name === undefined || !kind.name.pattern.test(name)) {
      throw networkError(
        400,
        "InvalidResourceName",
        `Resource name ${name ?? ""} is invalid. ${kind.name.rule}`,
      );
    }
    if (children.some((other) => other.name.toLowerCase() === name.toLowerCase())) {
      throw networkError(
        400,
        "InvalidRequestFormat",
        `Cannot parse the request: ${member} has two elements with the name ${name}.`,
      );
    }
    const childTarget = targetOf(kind.type, target.subscription, target.group, [target.name, name]);
    const existing = arm.store.get(childTarget.id);
    const childWanted = {
      location: undefined,
      tags: undefined,
      top: {},
      properties: objectIn(body, "properties"),
    };
    const properties = prepare({ call, target: childTarget, wanted: childWanted, existing }, children);
    children.push({
      id: childTarget.id,
      type: kind.type,
      name,
      subscription: target.subscription,
      group: target.group,
      location: undefined,
      tags: undefined,
      top: {},
      properties,
      state: "Succeeded",
      etag: newEtag(arm),
      guid: existing?.guid ?? arm.random.uuid(),
      createdAt: existing?.createdAt ?? arm.clock.now(),
    });
  }
  return children;
}
