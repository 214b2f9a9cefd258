/** The public half of a private SSH key, as base64; undefined where it is none that can be read without a passphrase. */
export async function publicKeyOf(privateKey: string): Promise<string | undefined> {
  const { default: ssh2 } = await import("ssh2");
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error || !parsed.isPrivateKey()) return undefined;
  return parsed.getPublicSSH().toString("base64");
}
