import type { Answer, Call } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { invalidContent } from "../core/check-request.ts";
import { AnyObject } from "../core/json.ts";
import { putResource } from "../core/put-resource.ts";
import { findResource } from "../core/resource-calls.ts";
import type { Target } from "../core/target.ts";
import { virtualMachines } from "./virtual-machines.ts";

/** A PATCH is a PUT that leaves what it does not name as it was. */
export function patchVm(arm: Arm, target: Target, call: Call): Answer {
  const vm = findResource(arm, target);
  const parsed = AnyObject.safeParse(call.body);
  if (!parsed.success) throw invalidContent("The request content is not a JSON object.");
  const whole = { location: vm.location ?? "", ...(vm.tags && { tags: vm.tags }), ...vm.top, ...parsed.data };
  return putResource(arm, virtualMachines, target, { ...call, body: whole });
}
