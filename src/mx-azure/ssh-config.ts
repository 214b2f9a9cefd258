/** What ssh is told about one MX VM. */
export interface SshEntry {
  name: string;
  address: string;
  user: string;
  hostKey: string;
  /** Private key to log in with; undefined where ssh finds one by itself. */
  identityFile: string | undefined;
  /** Where the host key is: a file of ours, so that nobody else's entry counts. */
  knownHostsFile: string;
}

const begin = (name: string): string => `# stargate mx-azure: ${name}`;
const end = (name: string): string => `# stargate mx-azure: end of ${name}`;

/**
 * The text of an ssh config with an entry for the VM, in place of one from before. It comes first, because ssh takes
 * the first value it finds. Pure.
 */
export function withSshEntry(before: string, entry: SshEntry): string {
  const rest = withoutSshEntry(before, entry.name);
  const lines = [
    begin(entry.name),
    `Host ${entry.name}`,
    `  HostName ${entry.address}`,
    `  User ${entry.user}`,
    `  HostKeyAlias ${entry.name}`,
    `  UserKnownHostsFile ${quote(entry.knownHostsFile)}`,
    "  StrictHostKeyChecking yes",
    ...(entry.identityFile === undefined ? [] : [`  IdentityFile ${quote(entry.identityFile)}`]),
    // What follows must not belong to our host.
    "Match all",
    end(entry.name),
  ];
  return `${lines.join("\n")}\n${rest}`;
}

/** The text without our entry. What people wrote around it stays as it is. Pure. */
export function withoutSshEntry(before: string, name: string): string {
  const lines = before.split("\n");
  const first = lines.indexOf(begin(name));
  const last = lines.indexOf(end(name), first);
  if (first === -1 || last === -1) return before;
  return [...lines.slice(0, first), ...lines.slice(last + 1)].join("\n");
}

/** Lines of a known-hosts file with this host's key in place of any from before. Pure. */
export function withKnownHost(before: string, name: string, hostKey: string): string {
  return `${withoutKnownHost(before, name)}${name} ${hostKey}\n`;
}

/** Pure. */
export function withoutKnownHost(before: string, name: string): string {
  return before
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith(`${name} `))
    .map((line) => `${line}\n`)
    .join("");
}

function quote(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}
