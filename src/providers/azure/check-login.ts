/** Names that Azure refuses for the admin user. */
const RESERVED =
  /^(1|123|a|actuser|adm|admin|admin1|admin2|administrator|aspnet|backup|console|david|guest|john|owner|root|server|sql|support|support_388945a0|sys|test|test1|test2|test3|user|user1|user2|user3|user4|user5)$/;

/** What Azure would refuse of a login: it says so only after minutes. Pure. */
export function findLoginMistakes({
  adminUsername,
  sshPublicKey,
}: {
  adminUsername: string;
  sshPublicKey: string;
}): string[] {
  const mistakes: string[] = [];
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(adminUsername)) {
    mistakes.push(`"${adminUsername}" is no user name for Linux`);
  } else if (RESERVED.test(adminUsername)) {
    mistakes.push(`Azure does not allow the admin user "${adminUsername}"; azureuser, for instance, will do`);
  }
  if (!/^(ssh-rsa|ssh-ed25519) /.test(sshPublicKey)) {
    mistakes.push(`Azure takes RSA and Ed25519 keys only, not ${sshPublicKey.split(" ")[0]}`);
  }
  return mistakes;
}
