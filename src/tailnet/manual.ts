import { StargateError } from "../lib/errors.ts";
import { addSecret } from "../lib/redact.ts";
import { ROUTER_TAG, type RouterKey, type Tailnet } from "./tailnet.ts";

export interface ManualTailnetOptions {
  /** An auth key somebody made by hand. */
  authKey: string;
  loginServer?: string | undefined;
}

/**
 * A tailnet we hold only a hand-made auth key of: routers can join, but a person must approve their routes and
 * remove them. What needs the API throws ManualApprovalNeeded, whose remedy says what to do where.
 */
export function createManualTailnet({ authKey, loginServer }: ManualTailnetOptions): Tailnet {
  addSecret(authKey);
  const place = placeOf(loginServer);

  return {
    description:
      loginServer === undefined ? "Tailscale (auth key only)" : `Headscale at ${loginServer} (auth key only)`,
    loginServer,
    checkAccess: async () => undefined,
    createRouterKey: async () => ({ id: undefined, key: authKey }) satisfies RouterKey,
    revokeRouterKey: async () => undefined, // no key is ours
    listRouterKeys: async () => [],
    async listDevices() {
      throw manualApprovalNeeded(
        "Cannot look at the tailnet's devices",
        place.approve("the datacenter's subnet"),
      );
    },
    async approveRoutes(deviceId, routes) {
      throw manualApprovalNeeded(
        `Cannot approve ${routes.join(", ")} of ${deviceId}`,
        place.approve(routes.join(", "), deviceId),
      );
    },
    async deleteDevice(deviceId) {
      throw manualApprovalNeeded(`Cannot remove ${deviceId} from the tailnet`, place.remove(deviceId));
    },
  };
}

function manualApprovalNeeded(action: string, remedy: string): StargateError {
  return new StargateError(
    "ManualApprovalNeeded",
    `${action}: only an auth key was given, and that needs the API`,
    {
      remedy,
    },
  );
}

interface Place {
  approve(routes: string, device?: string): string;
  remove(device: string): string;
}

function placeOf(loginServer: string | undefined): Place {
  if (loginServer !== undefined) {
    return {
      approve: (routes, device) =>
        `On the Headscale server (${loginServer}) find ${device ?? "the router"} with \`headscale nodes list-routes\` and ` +
        `approve ${routes}: \`headscale nodes approve-routes --identifier ID --routes ${device === undefined ? "CIDR" : routes.replaceAll(" ", "")}\`. ` +
        "Or give an API key (`headscale apikeys create`), then this is done for you.",
      remove: (device) =>
        `On the Headscale server (${loginServer}) remove ${device}: \`headscale nodes delete --identifier ID\`.`,
    };
  }
  const devices = "https://login.tailscale.com/admin/machines";
  return {
    approve: (routes, device) =>
      `Open ${devices}, choose ${device ?? "the router"}, "Edit route settings", and approve ${routes}. ` +
      `Or give an OAuth client with devices:core, devices:routes, auth_keys and the tag ${ROUTER_TAG}, then this is done for you.`,
    remove: (device) => `Open ${devices}, choose ${device}, and remove it.`,
  };
}
