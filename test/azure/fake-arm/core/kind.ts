import type { Answer, Call } from "./answer.ts";
import type { Arm } from "./arm.ts";
import type { ArmError } from "./arm-error.ts";
import type { OperationOwner } from "./operations.ts";
import type { JsonObject } from "./json.ts";
import type { Resource } from "./store.ts";
import type { Target } from "./target.ts";

/** What a PUT asks for, checked in its form. */
export interface Wanted {
  location: string | undefined;
  tags: Record<string, string> | undefined;
  /** Members beside properties. */
  top: JsonObject;
  properties: JsonObject;
}

/** What will be stored: with defaults, addresses and ids filled in. */
export interface Prepared {
  properties: JsonObject;
  top?: JsonObject;
  /** Replaces the resource's children where given (routes of a table). */
  children?: Resource[];
  /** Where it takes another time than usual. */
  durationMs?: number;
  /** Told when the operation ends. */
  failure?: ArmError | undefined;
  onEnd?: (failure: ArmError | undefined) => void;
  /** Takes effect with the answer; the operation waits for what it gives. `failure` is how the operation will end. */
  onAccept?: (resource: Resource, failure: ArmError | undefined) => Promise<void> | undefined;
}

export interface PutRequest {
  call: Call;
  target: Target;
  wanted: Wanted;
  existing: Resource | undefined;
}

/** One type of resource: what is checked when it is written or deleted, and how it is shown. */
export interface Kind {
  type: string;
  owner: OperationOwner;
  apiVersions: readonly string[];
  /** The SDK's reader of this type: what it does not read, ARM does not know. */
  model: (body: unknown) => unknown;
  /** Names that Azure takes. */
  name: { pattern: RegExp; rule: string };
  /** Members beside properties that may be written. */
  topMembers: readonly string[];
  /** Children have no location and no tags. */
  isTracked: boolean;
  /** How Azure names its writing operation: PutNetworkInterfaceOperation. */
  title: string;
  durationMs: (arm: Arm) => number;
  /** Throws ArmError where Azure would refuse; changes nothing. */
  prepare: (arm: Arm, request: PutRequest) => Prepared;
  /** Everything this write changes besides the target itself. */
  alsoWrites?: (arm: Arm, existing: Resource | undefined, wanted: JsonObject) => string[];
  /** Why it cannot be deleted now. */
  whyKept?: (arm: Arm, resource: Resource) => ArmError | undefined;
  /** Replaces the usual delete. */
  remove?: (arm: Arm, resource: Resource, call: Call) => Answer;
  /** Properties as they are answered. */
  show: (arm: Arm, resource: Resource, call?: Call) => JsonObject;
}
