import { StargateError, UsageError } from "../../../lib/errors.ts";
import type { AzureContext } from "../arm/ensure-resource.ts";
import { findCapacityMistakes } from "../capacity/check-capacity.ts";
import { findLoginMistakes } from "../check-login.ts";
import { findRangeMistakes } from "./check-ranges.ts";
import type { DatacenterSpec } from "./datacenter-spec.ts";
import { planDatacenter } from "./plan-datacenter.ts";

/**
 * Finds what Azure would refuse, before anything is made: login, subscription, ranges, names that are taken, sizes,
 * zones, quota.
 * @throws UsageError with every mistake; StargateError as in failure-rules.ts, and for what is in the way
 */
export async function checkDatacenter(spec: DatacenterSpec, ctx: AzureContext): Promise<void> {
  const { arm } = ctx;
  const { request, options } = spec;
  throwMistakes(findLoginMistakes(request));
  const networks = await arm.list("Cannot list virtual networks", () =>
    arm.network.virtualNetworks.listAll(),
  );
  throwMistakes(findRangeMistakes(spec, networks));
  const { newVms, refusals } = await planDatacenter(spec, ctx);
  const [first] = refusals;
  if (first !== undefined) throw refusals.length === 1 ? first : severalRefusals(refusals, first);
  if (newVms.length === 0) return;
  throwMistakes(
    await findCapacityMistakes(arm, {
      location: options.location,
      zone: options.zone,
      sizes: newVms.map(({ name, size }) => ({
        name: size,
        interfaces: name === request.routerName ? 2 : 1,
      })),
      newVms,
    }),
  );
}

function severalRefusals(refusals: readonly StargateError[], first: StargateError): StargateError {
  const text = refusals.map(({ message }) => `\n- ${message}`).join("");
  return new StargateError(first.reason, `${refusals.length} things are in the way:${text}`, {
    ...(first.remedy === undefined ? {} : { remedy: first.remedy }),
  });
}

function throwMistakes(mistakes: readonly string[]): void {
  const [first] = mistakes;
  if (first === undefined) return;
  throw new UsageError(
    mistakes.length === 1 ? first : `${mistakes.length} mistakes:\n- ${mistakes.join("\n- ")}`,
    "Nothing was made.",
  );
}
