import { StargateError } from "../../lib/errors.ts";
import type { Host } from "../../remote/host.ts";
import type { NewCondition } from "../conditions.ts";
import { readCredentials } from "./observe.ts";
import type { Run } from "./run.ts";
import { countingSession } from "./ssh-session.ts";

export const CONNECT = { name: "connect", title: "Connect to the server" };

const TYPE = "HostReachable";

/**
 * Logs in on the server, once: the next try is the queue's. Says in the Operation whether it answers, and turns what
 * only looks like "not yet" into "never" when it has lasted too long.
 * @throws StargateError
 */
export async function connectToServer({ work, ctx, writer, signal }: Run): Promise<Host> {
  const { server, profile } = work;
  const credentials = await readCredentials(ctx.client, profile, {
    adminUsername: ctx.adminUsername,
    signal,
  });
  if (typeof credentials === "string") {
    throw new StargateError("CredentialsNotFound", credentials, { retriable: true }); // deleted a moment ago
  }
  const { name } = server.metadata;
  const { ipv4, sshPort: port, hostKey = "" } = server.spec;
  const address = { name, ipv4, port, hostKey, ...credentials };
  try {
    const host = await ctx.connector.connect(address, { signal, timeoutMs: 20_000 });
    await writer.update(
      {},
      {
        type: TYPE,
        status: "True",
        reason: "LoggedIn",
        message: `SSH to ${ipv4} works, with the host key the Server names`,
      },
    );
    return countingSession(host, ctx.metrics);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StargateError)) throw error;
    await writer.update({}, unreachable(error));
    const since = writer.condition(TYPE)?.lastTransitionTime ?? writer.now;
    if (error.reason === "LoginRejected" && ctx.clock.now() - Date.parse(since) >= ctx.limits.loginMs) {
      throw new StargateError("LoginRejected", error.message, {
        cause: error,
        remedy:
          `Put the private key that ${credentials.username}@${name} accepts into the Secret ` +
          `"${profile.spec.sshCredentialsSecretRef}", then create a new Operation.`,
      });
    }
    throw error;
  }
}

/** False is an answer we do not like; Unknown is no answer, as of a host that still boots. */
function unreachable(error: StargateError): NewCondition {
  const isAnswer = error.reason === "LoginRejected" || error.reason === "HostKeyMismatch";
  const remedy = error.remedy === undefined ? "" : `. ${error.remedy}`;
  return {
    type: TYPE,
    status: isAnswer ? "False" : "Unknown",
    reason: error.reason,
    message: `${error.message}${remedy}`,
  };
}
