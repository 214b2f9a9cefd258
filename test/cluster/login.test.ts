import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import ssh2 from "ssh2";
import { ProvisioningProfile } from "../../src/api/v1alpha1/provisioning-profile.ts";
import { readCredentials } from "../../src/controllers/operation/observe.ts";
import { namespaces, provisioningProfiles, secrets, servers } from "../../src/kubernetes/resources.ts";
import { writeOwnObjects } from "../../src/mx-kind/own-objects.ts";
import { checkLogin, putLogin } from "../../src/prep-dc-inventory/ensure-login.ts";
import { listServers } from "../../src/prep-dc-inventory/survey.ts";
import { startApiServer, type TestApiServer } from "./start-api-server.ts";

const { signal } = new AbortController();
const [assumed, chosen, third] = [newKey(), newKey(), newKey()];
const PROFILE = { namespace: "azure-dc", name: "azure-k8s-worker" };
const SECRET = { namespace: "azure-dc", name: "azure-ssh-credentials" };

let server: TestApiServer;

before(async () => {
  server = await startApiServer({ crds: true });
});
after(() => server.stop());

/** As `mx kind create` leaves it where no key was named: with the one it found first. */
beforeEach(async () => {
  for (const namespace of ["azure-dc", "simulator-dc"]) {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    await server.client.apply(namespaces, { namespace: "", name: namespace }, body);
  }
  await server.client.delete(servers, { namespace: "azure-dc", name: "vm-1" });
  await server.client.delete(secrets, SECRET);
  const input = { version: "v1.37.2", privateKey: assumed, isKeyNamed: false, authKey: undefined };
  await writeOwnObjects(server.client, input, signal);
});

const place = (privateKey: string, routerName = "router-a") => ({
  ...{ namespace: "azure-dc", routerName, login: { username: "adminuser", privateKey } },
});
const check = async (privateKey: string, routerName?: string, namespace = "azure-dc") =>
  checkLogin(
    { ...place(privateKey, routerName), namespace },
    { client: server.client, lab: undefined },
    await listServers(server.client, signal),
    signal,
  );

async function putAsChecked(privateKey: string): Promise<void> {
  const decided = await check(privateKey);
  assert.ok(decided.kind === "put");
  await putLogin(decided.secrets, place(privateKey), server.client, signal);
}

async function keyOfOperations(): Promise<string | undefined> {
  const profile = await server.client.get(provisioningProfiles, PROFILE, ProvisioningProfile);
  const credentials = await readCredentials(server.client, profile, { adminUsername: undefined });
  return typeof credentials === "string" ? credentials : credentials.privateKey;
}

void test("a datacenter's key takes the place of the one that `mx kind create` found", async () => {
  await putAsChecked(chosen);

  assert.equal(await keyOfOperations(), chosen);
  assert.deepEqual(await check(chosen), { kind: "fits" });
});

void test("`mx kind create` leaves that key when it is run again, and puts in one that is named", async () => {
  await putAsChecked(chosen);
  const input = { version: "v1.37.2", privateKey: assumed, isKeyNamed: false, authKey: undefined };

  await writeOwnObjects(server.client, input, signal);
  assert.equal(await keyOfOperations(), chosen);

  await writeOwnObjects(server.client, { ...input, isKeyNamed: true }, signal);
  assert.equal(await keyOfOperations(), assumed);
  await assert.rejects(check(chosen), { reason: "Usage" }); // it is named: not to be replaced
});

void test("until there are Servers, a run with another key may follow", async () => {
  await putAsChecked(chosen);

  await putAsChecked(third);

  assert.equal(await keyOfOperations(), third);
});

void test("with Servers there, a datacenter with another key is refused before it is made", async () => {
  await putAsChecked(chosen);
  await server.client.apply(
    servers,
    { namespace: "azure-dc", name: "vm-1" },
    {
      ...{ apiVersion: "stargate.io/v1alpha1", kind: "Server" },
      metadata: { namespace: "azure-dc", name: "vm-1" },
      spec: { ipv4: "10.50.1.10", provider: "azure", router: { name: "router-a" } },
    },
  );

  assert.deepEqual(await check(chosen, "router-b"), { kind: "fits" });
  await assert.rejects(check(third, "router-b"), { reason: "Usage", message: /has another SSH key/ });
  assert.equal((await check(third, "router-a")).kind, "tell");
});

void test("a key that somebody put in by hand is not replaced", async () => {
  const byHand = {
    ...{ apiVersion: "v1", kind: "Secret", metadata: SECRET },
    stringData: { privateKey: third },
  };
  await server.client.apply(secrets, SECRET, byHand, { fieldManager: "kubectl", force: true });

  await assert.rejects(check(chosen), { reason: "Usage" });
  assert.equal(await keyOfOperations(), third);
});

void test("where there is no profile yet, nothing is asked", async () => {
  assert.deepEqual(await check(chosen, "router-a", "elsewhere"), { kind: "fits" });
});

function newKey(): string {
  return ssh2.utils.generateKeyPairSync("ed25519").private;
}
