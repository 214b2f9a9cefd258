import type { Command } from "commander";
import type { Env } from "../lib/paths.ts";
import type { TailnetGiven } from "../tailnet/choose-tailnet.ts";
import { readSecretFlag } from "../tailnet/read-secret-flag.ts";

/** The credentials of a tailnet's API, as commander hands them over. */
export interface TailnetFlags {
  tailscaleClientId?: string | undefined;
  tailscaleClientSecret?: string | undefined;
  tailnetApiKey?: string | undefined;
  tailnetUrl?: string | undefined;
}

/** The same, and what devices join with. */
export interface JoiningFlags extends TailnetFlags {
  tailscaleAuthKey?: string | undefined;
  loginServer?: string | undefined;
}

/** Adds the flags that name a tailnet and its API credentials. */
export function addTailnetFlags(command: Command): Command {
  return command
    .option("--tailscale-client-id <id>", "OAuth client for keys, routes and clean-up (TAILSCALE_CLIENT_ID)")
    .option(
      "--tailscale-client-secret <secret>",
      "its secret, or file:PATH (better: TAILSCALE_CLIENT_SECRET)",
    )
    .option(
      "--tailnet-api-key <key>",
      "API key of Tailscale or Headscale, or file:PATH (better: TAILNET_API_KEY)",
    )
    .option("--tailnet-url <url>", "API of another control plane, for instance a Headscale server");
}

/** Adds those, and the ones by which `who` (for instance "the router") joins. */
export function addJoiningFlags(command: Command, who: string): Command {
  return addTailnetFlags(
    command.option(
      "--tailscale-auth-key <key>",
      `auth key for ${who}, or file:PATH (better: TAILSCALE_AUTH_KEY)`,
    ),
  ).option("--login-server <url>", "where devices log in, if not at --tailnet-url");
}

/** Adds the flag that names a way into the tailnet other than this host's own. */
export function addProxyFlag(command: Command): Command {
  return command.option(
    "--tailnet-proxy <url>",
    "socks5://host:port of a userspace tailscaled (default: this host's own routes)",
  );
}

/** What the flags say of the tailnet, and the environment where they say nothing. */
export async function tailnetGiven(flags: TailnetFlags, env: Env): Promise<TailnetGiven> {
  return {
    clientId: flags.tailscaleClientId ?? env["TAILSCALE_CLIENT_ID"],
    clientSecret: await readSecretFlag(
      flags.tailscaleClientSecret ?? env["TAILSCALE_CLIENT_SECRET"],
      "--tailscale-client-secret",
    ),
    apiKey: await readSecretFlag(flags.tailnetApiKey ?? env["TAILNET_API_KEY"], "--tailnet-api-key"),
    tailnetUrl: flags.tailnetUrl,
  };
}

/** The same for commands that have devices join: the auth key given by hand, and where they log in. */
export async function joiningTailnetGiven(flags: JoiningFlags, env: Env): Promise<TailnetGiven> {
  return {
    authKey: await readSecretFlag(
      flags.tailscaleAuthKey ?? env["TAILSCALE_AUTH_KEY"],
      "--tailscale-auth-key",
    ),
    ...(await tailnetGiven(flags, env)),
    loginServer: flags.loginServer,
  };
}
