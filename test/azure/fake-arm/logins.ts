import { copyFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { FakeArm } from "./fake-arm.ts";

export const LOGINS = ["environment", "workload identity", "managed identity", "az"] as const;

/**
 * Environment of a process that is logged in to the fake in this way, and finds it. What the way needs besides is
 * written to the folder.
 */
export async function loginEnvironment(
  fake: FakeArm,
  login: (typeof LOGINS)[number],
  folder: string,
): Promise<Record<string, string>> {
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, fake.certificate);
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    NODE_EXTRA_CA_CERTS: caFile,
    AZURE_AUTHORITY_HOST: fake.endpoint,
    AZURE_RESOURCE_MANAGER_ENDPOINT: fake.endpoint,
    ...(await waysOf(fake, login, folder)),
  };
}

async function waysOf(
  fake: FakeArm,
  login: (typeof LOGINS)[number],
  folder: string,
): Promise<Record<string, string>> {
  const { tenantId, clientId, clientSecret, federatedToken, identityHeader } = fake.settings;
  switch (login) {
    case "environment":
      return { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: clientSecret };
    case "workload identity": {
      const tokenFile = join(folder, "federated-token");
      await writeFile(tokenFile, federatedToken);
      return { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_FEDERATED_TOKEN_FILE: tokenFile };
    }
    case "managed identity":
      return { IDENTITY_ENDPOINT: `${fake.endpoint}/msi/token`, IDENTITY_HEADER: identityHeader };
    case "az":
      await writeAz(fake, folder);
      // Without this, the SDK looks for a managed identity first, at an address that is not ours to dial.
      return {
        AZURE_TOKEN_CREDENTIALS: "AzureCliCredential",
        PATH: `${folder}${delimiter}${process.env["PATH"]}`,
      };
  }
}

/** A program `az` that is logged in. */
async function writeAz(fake: FakeArm, folder: string): Promise<void> {
  const answer = {
    accessToken: fake.tokens.issueToken(),
    expires_on: Math.floor(Date.now() / 1000) + 3599,
    subscription: fake.settings.subscriptionId,
    tenant: fake.settings.tenantId,
    tokenType: "Bearer",
  };
  await writeFile(join(folder, "token.json"), JSON.stringify(answer));
  await copyFile(new URL("az.sh", import.meta.url), join(folder, "az"));
}
