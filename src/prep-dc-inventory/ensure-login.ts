import { UsageError } from "../lib/errors.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { secrets } from "../kubernetes/resources.ts";
import { publicKeyOf } from "../remote/public-key.ts";
import type { KnownServer } from "./check-request.ts";
import type { Connections } from "./connections.ts";
import { decideLogin, type LoginDecision } from "./decide-login.ts";
import { renderLoginSecret } from "../kubernetes/login-secret.ts";
import { readLogins } from "./read-logins.ts";
import type { WorkerLogin } from "./verify-way.ts";

/** Where the servers will be, and who may log in to them. */
export interface LoginPlace {
  namespace: string;
  routerName: string;
  login: WorkerLogin;
}

/** A login that is not refused. */
export type UsableLogin = Exclude<LoginDecision, { kind: "refuse" }>;

/**
 * Finds out, before anything is made, whether Operations can log in to the servers that will be.
 * @throws UsageError where they could not
 */
export async function checkLogin(
  { namespace, routerName, login }: LoginPlace,
  { client, lab }: Pick<Connections, "client" | "lab">,
  known: readonly KnownServer[],
  signal: AbortSignal,
): Promise<UsableLogin> {
  const [logins, publicKey] = await Promise.all([
    readLogins(client, namespace, signal),
    publicKeyOf(login.privateKey),
  ]);
  const here = known.filter((server) => server.namespace === namespace);
  const decision = decideLogin(
    { namespace, username: login.username, publicKey },
    {
      logins,
      hasOwnServers: here.some(({ router }) => router === routerName),
      hasOtherServers: here.some(({ router }) => router !== routerName),
      isLab: lab !== undefined,
    },
  );
  if (decision.kind === "refuse") throw new UsageError(decision.message, decision.remedy);
  return decision;
}

/**
 * Puts the login into Secrets whose key nobody chose. It stays such a key until there are Servers, so that a run that
 * fails can be followed by one with another key.
 */
export async function putLogin(
  names: readonly string[],
  { namespace, login }: Pick<LoginPlace, "namespace" | "login">,
  client: Pick<KubeClient, "apply">,
  signal: AbortSignal,
): Promise<void> {
  const assumedKey = await publicKeyOf(login.privateKey);
  for (const name of names) {
    const body = renderLoginSecret({ namespace, name, ...login, assumedKey });
    await client.apply(secrets, { namespace, name }, body, { force: true, signal });
  }
}
