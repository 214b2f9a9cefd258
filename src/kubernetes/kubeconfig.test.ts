import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { stringify } from "yaml";
import { redact } from "../lib/redact.ts";
import { loadCredentials, readContextNamespace } from "./kubeconfig.ts";

let dir: string;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "sg-kubeconfig-"));
});
after(() => rm(dir, { recursive: true, force: true }));

function kubeconfig(name: string, { server = "https://127.0.0.1:6443", current = name } = {}): string {
  return stringify({
    "current-context": current,
    clusters: [
      { name, cluster: { server, "certificate-authority-data": Buffer.from("CA").toString("base64") } },
    ],
    users: [{ name, user: { token: `token-of-${name}` } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  return path;
}

void test("loadCredentials() reads server, CA and token, and registers the token as a secret", async () => {
  const credentials = await loadCredentials({ kubeconfig: kubeconfig("one") });

  assert.equal(credentials.server, "https://127.0.0.1:6443");
  assert.equal(credentials.caPem, "CA");
  const { headers } = await credentials.authenticate();
  assert.equal(headers["Authorization"], "Bearer token-of-one");
  assert.equal(redact("it is token-of-one"), "it is [redacted]");
});

void test("loadCredentials() merges the files of KUBECONFIG; the first that names something wins", async () => {
  const first = await file("first", kubeconfig("a", { server: "https://first", current: "b" }));
  const second = await file("second", kubeconfig("b", { server: "https://second" }));
  const third = await file("third", kubeconfig("b", { server: "https://third" }));

  const env = { KUBECONFIG: [first, join(dir, "absent"), second, third].join(":") };

  assert.equal((await loadCredentials({ env })).server, "https://second");
});

void test("loadCredentials() looks in the home folder when nothing is named", async () => {
  await assert.rejects(loadCredentials({ env: { HOME: dir } }), {
    reason: "KubeconfigMissing",
    message: `Cannot read kubeconfig ${dir}/.kube/config: there is no such file`,
    remedy: /--kubeconfig or KUBECONFIG/,
  });
});

const wrong: readonly [what: string, text: string, message: RegExp][] = [
  ["is empty", "", /Cannot use kubeconfig that was given: /],
  ["is no YAML", "a: [", /Cannot use kubeconfig that was given: /],
  ["names a context it does not have", kubeconfig("a", { current: "b" }), /names no cluster in it/],
];
for (const [what, text, message] of wrong) {
  void test(`loadCredentials() refuses a kubeconfig that ${what}`, async () => {
    await assert.rejects(loadCredentials({ kubeconfig: text }), { reason: "KubeconfigInvalid", message });
  });
}

void test("readContextNamespace() says the context's namespace, else default", async () => {
  const plain = kubeconfig("one");
  const named = plain.replace("user: one\n", "user: one\n      namespace: simulator-dc\n");

  assert.equal(await readContextNamespace({ kubeconfig: plain }), "default");
  assert.equal(await readContextNamespace({ kubeconfig: named }), "simulator-dc");
  await assert.rejects(readContextNamespace({ kubeconfigPath: "/nowhere" }), { reason: "KubeconfigMissing" });
});
