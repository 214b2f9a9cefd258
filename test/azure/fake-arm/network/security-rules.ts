import { securityRuleDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import { z } from "zod";
import { networkError } from "../core/arm-error.ts";
import type { JsonObject } from "../core/json.ts";
import type { Kind, PutRequest } from "../core/kind.ts";
import { isSameId, parentId, type Resource } from "../core/store.ts";
import { readRange } from "./addresses.ts";
import { networkKind } from "./network-kind.ts";

/** Azure takes these words in any case, and answers them as they were sent. */
const word = (...words: string[]) =>
  z.string().refine((value) => words.some((one) => one.toLowerCase() === value.toLowerCase()), {
    error: `must be one of ${words.join(", ")}`,
  });

const Rule = z.looseObject({
  priority: z.int(),
  direction: word("Inbound", "Outbound"),
  access: word("Allow", "Deny"),
  protocol: word("Tcp", "Udp", "Icmp", "Esp", "Ah", "*"),
  sourceAddressPrefix: z.string().optional(),
  sourceAddressPrefixes: z.array(z.string()).default([]),
  destinationAddressPrefix: z.string().optional(),
  destinationAddressPrefixes: z.array(z.string()).default([]),
  sourcePortRange: z.string().optional(),
  sourcePortRanges: z.array(z.string()).default([]),
  destinationPortRange: z.string().optional(),
  destinationPortRanges: z.array(z.string()).default([]),
});

export const securityRules: Kind = {
  ...networkKind,
  owner: "Microsoft.Network",
  type: "Microsoft.Network/networkSecurityGroups/securityRules",
  model: securityRuleDeserializer,
  topMembers: [],
  isTracked: false,
  title: "PutSecurityRuleOperation",
  prepare: (arm, request) => ({
    properties: prepareRule(
      request,
      arm.store
        .ofType(securityRules.type, parentId(request.target.id))
        .filter(({ id }) => !isSameId(id, request.target.id)),
    ),
  }),
  show: (_arm, rule) => showRule(rule),
};

/** A rule's properties, checked against the other rules of its group. */
export function prepareRule({ target, wanted }: PutRequest, others: readonly Resource[]): JsonObject {
  const parsed = Rule.safeParse(wanted.properties);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw networkError(
      400,
      "SecurityRuleParameterInvalid",
      `Security rule parameter ${issue?.path.join(".")} for rule with Id ${target.id} is invalid: ${issue?.message}.`,
    );
  }
  const rule = parsed.data;
  if (rule.priority < 100 || rule.priority > 4096) {
    throw networkError(
      400,
      "SecurityRuleInvalidPriority",
      `Security rule has invalid Priority. Value provided: ${rule.priority} Allowed range 100-4096.`,
    );
  }
  checkPrefixes(target.id, "sourceAddressPrefix", [rule.sourceAddressPrefix, ...rule.sourceAddressPrefixes]);
  checkPrefixes(target.id, "destinationAddressPrefix", [
    rule.destinationAddressPrefix,
    ...rule.destinationAddressPrefixes,
  ]);
  checkPorts(target.id, "sourcePortRange", [rule.sourcePortRange, ...rule.sourcePortRanges]);
  checkPorts(target.id, "destinationPortRange", [rule.destinationPortRange, ...rule.destinationPortRanges]);
  const other = others.find(({ properties }) => {
    const its = Rule.parse(properties);
    return its.priority === rule.priority && its.direction.toLowerCase() === rule.direction.toLowerCase();
  });
  if (other !== undefined) {
    throw networkError(
      400,
      "SecurityRuleConflict",
      `Security rule ${target.name} conflicts with rule ${other.name}. Rules cannot have the same Priority and Direction.`,
    );
  }
  const { provisioningState: _state, ...rest } = wanted.properties;
  return {
    sourcePortRanges: [],
    destinationPortRanges: [],
    sourceAddressPrefixes: [],
    destinationAddressPrefixes: [],
    ...rest,
  };
}

function checkPrefixes(ruleId: string, field: string, values: readonly (string | undefined)[]): void {
  const given = values.filter((value) => value !== undefined);
  if (given.length === 0) throw missing(ruleId, field);
  for (const value of given) if (/[./]/.test(value) && value.includes("/")) readRange(value, ruleId);
}

function checkPorts(ruleId: string, field: string, values: readonly (string | undefined)[]): void {
  const given = values.filter((value) => value !== undefined);
  if (given.length === 0) throw missing(ruleId, field);
  const bad = given.find((value) => {
    const [from = "", to = from] = value.split("-");
    const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
    return value !== "*" && !(isPort(from) && isPort(to) && Number(from) <= Number(to));
  });
  if (bad === undefined) return;
  throw networkError(
    400,
    "SecurityRuleInvalidPortRange",
    `Security rule has invalid Port range. Value provided: ${bad}. Value should be an integer OR integer range with '-' delimiter. Valid range 0-65535.`,
  );
}

function missing(ruleId: string, field: string): Error {
  return networkError(
    400,
    "SecurityRuleParameterInvalid",
    `Security rule parameter ${field} for rule with Id ${ruleId} cannot be empty.`,
  );
}

export function showRule(rule: Resource): JsonObject {
  return { provisioningState: rule.state, ...rule.properties };
}
