import { networkSecurityGroupDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import type { Arm } from "../core/arm.ts";
import { networkError } from "../core/arm-error.ts";
import { compact, referenceIn, type Json, type JsonObject } from "../core/json.ts";
import type { Kind } from "../core/kind.ts";
import { isSameId, type Resource } from "../core/store.ts";
import { frame } from "../core/target.ts";
import { childrenInBody } from "./children.ts";
import { defaultRules } from "./default-rules.ts";
import { networkKind } from "./network-kind.ts";
import { prepareRule, securityRules, showRule } from "./security-rules.ts";
import { subnetsWith } from "./subnets.ts";

export const securityGroups: Kind = {
  ...networkKind,
  owner: "Microsoft.Network",
  type: "Microsoft.Network/networkSecurityGroups",
  model: networkSecurityGroupDeserializer,
  topMembers: [],
  isTracked: true,
  title: "PutNetworkSecurityGroupOperation",
  prepare: (arm, request) => ({
    properties: {},
    // Replaced whole: a group that is written without rules has only the default ones.
    children: childrenInBody(arm, securityRules, request, "securityRules", prepareRule) ?? [],
  }),
  whyKept: (arm, group) => {
    const users = [...subnetsWith(arm, "networkSecurityGroup", group.id), ...interfacesWith(arm, group.id)];
    if (users.length === 0) return undefined;
    return networkError(
      400,
      "InUseNetworkSecurityGroupCannotBeDeleted",
      `Network security group ${group.id} cannot be deleted because it is in use by the following resources: ${users.join(", ")}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`,
    );
  },
  show: (arm, group) => showGroup(arm, group),
};

function interfacesWith(arm: Arm, groupId: string): string[] {
  return arm.store
    .ofType("Microsoft.Network/networkInterfaces")
    .filter(({ properties }) => isSameId(referenceIn(properties, "networkSecurityGroup"), groupId))
    .map(({ id }) => id);
}

function showGroup(arm: Arm, group: Resource): JsonObject {
  const usingSubnets = subnetsWith(arm, "networkSecurityGroup", group.id);
  const interfaces = interfacesWith(arm, group.id);
  const list = (ids: string[]): Json | undefined =>
    ids.length === 0 ? undefined : ids.map((id): Json => ({ id }));
  return compact({
    provisioningState: group.state,
    resourceGuid: group.guid,
    securityRules: arm.store
      .ofType(securityRules.type, group.id)
      .map((rule): Json => frame(rule, showRule(rule))),
    defaultSecurityRules: defaultRules(group),
    subnets: list(usingSubnets),
    networkInterfaces: list(interfaces),
  });
}
