import type { ProfileLogin } from "./read-logins.ts";

/** The login of the servers that are to be made. */
export interface WantedLogin {
  namespace: string;
  username: string;
  /** As publicKeyOf() gives it; undefined for a key that cannot be read, with which verifying will fail. */
  publicKey: string | undefined;
}

export interface AroundLogin {
  logins: readonly ProfileLogin[];
  /** Whether Servers of this very datacenter, and of others, are in the namespace. */
  hasOwnServers: boolean;
  hasOtherServers: boolean;
  /** In the lab the key pair is the lab's own. */
  isLab: boolean;
}

export type LoginDecision =
  | { kind: "fits" }
  /** These Secrets hold a key that nobody chose, and no server has: they get the login. */
  | { kind: "put"; secrets: string[] }
  /** The servers are there already: nothing is kept from being made by refusing. */
  | { kind: "tell"; text: string }
  | { kind: "refuse"; message: string; remedy: string };

/**
 * What to do so that Operations can log in to the servers that are to be made: one profile of the namespace must log
 * in as they want it, where there is a profile yet. Pure.
 */
export function decideLogin(wanted: WantedLogin, around: AroundLogin): LoginDecision {
  const { logins } = around;
  if (logins.length === 0 || wanted.publicKey === undefined) return { kind: "fits" };
  const differences = logins.map((login) => differenceOf(login, wanted));
  if (differences.includes(undefined)) return { kind: "fits" };
  const { hasOwnServers, hasOtherServers, isLab } = around;
  const assumed = logins.filter(({ isAssumed }) => isAssumed).map(({ secret }) => secret);
  if (assumed.length > 0 && !hasOwnServers && !hasOtherServers) {
    return { kind: "put", secrets: [...new Set(assumed)] };
  }
  const told = logins.map(
    ({ profile, secret }, index) => `profile ${profile} (Secret ${secret}) has ${differences[index]}`,
  );
  const { namespace, username } = wanted;
  const message = `Operations in namespace ${namespace} could not log in to these servers: ${told.join("; ")}`;
  const put =
    `kubectl create secret generic ${logins[0]?.secret} -n ${namespace} --from-literal=username=${username} ` +
    "--from-file=privateKey=<its private key> --dry-run=client -o yaml | kubectl apply -f -";
  if (hasOwnServers) return { kind: "tell", text: `${message}. Put in what this command used: ${put}` };
  const give = isLab
    ? "Leave out --ssh-public-key and --admin-username: the lab has a login of its own."
    : "Give the login that is there by --ssh-public-key and --admin-username.";
  const unless = hasOtherServers
    ? " Other servers of this namespace may need the one that is there: choose another --namespace then."
    : "";
  return { kind: "refuse", message, remedy: `${give} Or put in the one of this command: ${put}${unless}` };
}

function differenceOf(login: ProfileLogin, wanted: WantedLogin): string | undefined {
  if (login.publicKey !== wanted.publicKey) return "another SSH key";
  if (login.username === undefined || login.username === wanted.username) return undefined;
  return `the user "${login.username}" instead of "${wanted.username}"`;
}
