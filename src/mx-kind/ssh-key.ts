/** What is wrong with a private key that controllers are to log in with; undefined where nothing is. */
export async function checkSshKey(privateKey: string): Promise<string | undefined> {
  const { default: ssh2 } = await import("ssh2");
  const parsed = ssh2.utils.parseKey(privateKey);
  if (!(parsed instanceof Error)) {
    return parsed.isPrivateKey() ? undefined : "is a public key. Name the file without .pub";
  }
  return /encrypted|passphrase/i.test(parsed.message)
    ? "has a passphrase, which a controller cannot type. Name a key without one by --ssh-private-key"
    : "holds no private key. Name another by --ssh-private-key";
}
