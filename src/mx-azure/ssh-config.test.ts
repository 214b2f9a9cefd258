import assert from "node:assert/strict";
import { test } from "node:test";
import {
  withKnownHost,
  withoutKnownHost,
  withoutSshEntry,
  withSshEntry,
  type SshEntry,
} from "./ssh-config.ts";

const entry: SshEntry = {
  name: "mx-1",
  address: "100.64.0.7",
  user: "azureuser",
  hostKey: "ssh-ed25519 AAAA",
  identityFile: "/home/me/my keys/id_ed25519",
  knownHostsFile: "/home/me/.ssh/stargate_known_hosts",
};
const theirs = "# mine\nHost *\n  User me\n\tPort 2222\n";

void test("withSshEntry() comes first, and leaves the rest as it is", () => {
  assert.equal(
    withSshEntry(theirs, entry),
    `# stargate mx-azure: mx-1
Host mx-1
  HostName 100.64.0.7
  User azureuser
  HostKeyAlias mx-1
  UserKnownHostsFile /home/me/.ssh/stargate_known_hosts
  StrictHostKeyChecking yes
  IdentityFile "/home/me/my keys/id_ed25519"
Match all
# stargate mx-azure: end of mx-1
${theirs}`,
  );
});

void test("withSshEntry() takes the place of the entry from before, and stands beside others", () => {
  const other = withSshEntry(theirs, { ...entry, name: "mx-2" });
  const once = withSshEntry(other, entry);

  assert.equal(withSshEntry(once, entry), once);
  assert.ok(withSshEntry(once, { ...entry, address: "100.64.0.9" }).includes("100.64.0.9"));
  assert.equal(withoutSshEntry(once, "mx-1"), other);
  assert.equal(withoutSshEntry(withoutSshEntry(once, "mx-1"), "mx-2"), theirs);
});

void test("withoutSshEntry() leaves a text alone that has no whole entry", () => {
  const torn = "# stargate mx-azure: mx-1\nHost mx-1\n";

  assert.equal(withoutSshEntry(theirs, "mx-1"), theirs);
  assert.equal(withoutSshEntry(torn, "mx-1"), torn);
  assert.equal(withoutSshEntry("", "mx-1"), "");
});

void test("withKnownHost() keeps one key for a name", () => {
  const both = withKnownHost(withKnownHost("", "mx-1", "ssh-ed25519 OLD"), "mx-10", "ssh-ed25519 TEN");

  assert.equal(
    withKnownHost(both, "mx-1", "ssh-ed25519 NEW"),
    "mx-10 ssh-ed25519 TEN\nmx-1 ssh-ed25519 NEW\n",
  );
  assert.equal(withoutKnownHost(both, "mx-1"), "mx-10 ssh-ed25519 TEN\n");
});
