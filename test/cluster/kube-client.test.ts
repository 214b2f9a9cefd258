import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { addSecret } from "../../src/lib/redact.ts";
import { retry } from "../../src/lib/retry.ts";
import { createKubeClient } from "../../src/kubernetes/http-kube-client.ts";
import type { WatchEvent } from "../../src/kubernetes/client.ts";
import { configMaps, namespaces, nodes, pods, secrets } from "../../src/kubernetes/resources.ts";
import { ConfigMap, Node, Secret } from "../../src/kubernetes/schemas.ts";
import { startApiServer, type TestApiServer } from "./start-api-server.ts";

let server: TestApiServer;
const namespace = "default";

before(async () => {
  server = await startApiServer();
});
after(() => server.stop());

function configMapNamed(name: string, entries: Record<string, string> = {}): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: entries };
}

void test("A client reads the server's version, address and certificate authority", async () => {
  assert.match(await server.client.readVersion(), /^v1\.\d+\.\d+/);
  assert.equal(server.client.server, server.url);
  assert.match(server.client.caPem, /^-----BEGIN CERTIFICATE-----/);
});

void test("An object is created, read, changed and deleted", async () => {
  const ref = { namespace, name: "life" };

  await server.client.create(configMaps, namespace, configMapNamed("life", { a: "1" }));
  await server.client.mergePatch(configMaps, ref, { data: { b: "2" } });
  const read = await server.client.get(configMaps, ref, ConfigMap);
  await server.client.delete(configMaps, ref);
  await server.client.delete(configMaps, ref); // gone already is fine

  assert.deepEqual(read.data, { a: "1", b: "2" });
  assert.equal(await server.client.getIfExists(configMaps, ref, ConfigMap), undefined);
});

void test("Deleting by UID spares another object of the same name", async () => {
  const ref = { namespace, name: "spared" };
  await server.client.create(configMaps, namespace, configMapNamed("spared"));

  await assert.rejects(server.client.delete(configMaps, ref, { uid: "another" }), { reason: "ApiConflict" });

  const { metadata } = await server.client.get(configMaps, ref, ConfigMap);
  await server.client.delete(configMaps, ref, { uid: metadata.uid });
  assert.equal(await server.client.getIfExists(configMaps, ref, ConfigMap), undefined);
});

void test("A list of more than one page comes whole", async () => {
  const names = Array.from({ length: 1005 }, (_, index) => `page-${index}`);
  for (let at = 0; at < names.length; at += 50) {
    await Promise.all(
      names.slice(at, at + 50).map((name) =>
        server.client.create(configMaps, namespace, {
          ...configMapNamed(name),
          metadata: { name, namespace, labels: { of: "pages" } },
        }),
      ),
    );
  }

  const { items, resourceVersion } = await server.client.list(configMaps, ConfigMap, {
    namespace,
    labelSelector: "of=pages",
  });

  assert.equal(new Set(items.map((item) => item.metadata.name)).size, 1005);
  assert.notEqual(resourceVersion, "");
});

void test("A watch tells what happens after a list, and ends with its signal", async () => {
  const stop = new AbortController();
  const { resourceVersion } = await server.client.list(configMaps, ConfigMap, { namespace });
  const seen: string[] = [];
  const options = { namespace, resourceVersion, fieldSelector: "metadata.name=watched", signal: stop.signal };

  const watching = (async () => {
    for await (const event of server.client.watch(configMaps, ConfigMap, options)) {
      seen.push(nameOf(event));
      if (event.type === "DELETED") stop.abort();
    }
  })();
  await server.client.create(configMaps, namespace, configMapNamed("watched", { text: "çødé ☃" }));
  await server.client.mergePatch(configMaps, { namespace, name: "watched" }, { data: { a: "1" } });
  await server.client.delete(configMaps, { namespace, name: "watched" });
  await watching;

  assert.deepEqual(seen, ["ADDED watched", "MODIFIED watched", "DELETED watched"]);
});

function nameOf(event: WatchEvent<ConfigMap>): string {
  return `${event.type} ${event.type === "BOOKMARK" ? "" : event.object.metadata.name}`;
}

void test("A watch from a time before the server's memory ends with ApiExpired", async () => {
  const { resourceVersion } = await server.client.list(namespaces, ConfigMap);
  await server.client.create(configMaps, namespace, configMapNamed("moves-on"));
  await server.restart(); // begins its memory anew

  const watching = async (): Promise<void> => {
    for await (const _ of server.client.watch(configMaps, ConfigMap, { resourceVersion: "1" }));
  };

  assert.notEqual(resourceVersion, "1");
  await assert.rejects(watching(), { reason: "ApiExpired", retriable: true });
});

void test("A Node and a Secret are read by the parts we go by", async () => {
  await server.client.create(nodes, "", { apiVersion: "v1", kind: "Node", metadata: { name: "bare" } });
  await server.client.create(secrets, namespace, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "login" },
    stringData: { username: "ubuntu" },
  });

  const node = await server.client.get(nodes, { namespace: "", name: "bare" }, Node);
  const secret = await server.client.get(secrets, { namespace, name: "login" }, Secret);

  assert.deepEqual(node.status.conditions, []);
  assert.equal(Buffer.from(secret.data["username"] ?? "", "base64").toString(), "ubuntu");
});

const failures: readonly [what: string, reason: string, call: () => Promise<unknown>, message: RegExp][] = [
  [
    "an object that is not there",
    "ApiNotFound",
    () => server.client.get(configMaps, { namespace, name: "no" }, ConfigMap),
    /^Cannot read configmaps "default\/no": /,
  ],
  [
    "a namespace that is not there",
    "ApiNotFound",
    () => server.client.create(configMaps, "nowhere", { ...configMapNamed("a"), metadata: { name: "a" } }),
    /namespaces "nowhere" not found/,
  ],
  [
    "a resource type that is not there",
    "ApiTypeMissing",
    () => server.client.list({ ...configMaps, group: "stargate.io", plural: "servers" }, ConfigMap),
    /^Cannot list servers: /,
  ],
  [
    "an object that is there already",
    "ApiAlreadyExists",
    () =>
      server.client.create(namespaces, "", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "default" },
      }),
    /already exists/,
  ],
  [
    "an object the server finds wrong",
    "ApiInvalid",
    () => server.client.create(configMaps, namespace, configMapNamed("Not A Name")),
    /metadata\.name/,
  ],
  [
    "an old version in a patch",
    "ApiConflict",
    () =>
      server.client.mergePatch(
        namespaces,
        { namespace: "", name: "default" },
        { metadata: { resourceVersion: "1", labels: { a: "b" } } },
      ),
    /the object has been modified/,
  ],
  [
    "an answer that does not fit",
    "ApiUnreadable",
    () =>
      server.client.get(
        namespaces,
        { namespace: "", name: "default" },
        Node.extend({ spec: Node.shape.metadata }),
      ),
    /the answer is not as expected \(spec\.name/,
  ],
  [
    "a subresource of what is not there",
    "ApiNotFound",
    () =>
      server.client.createSubresource(pods, { namespace, name: "gone" }, "eviction", {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "gone", namespace },
      }),
    /eviction of pods "default\/gone"/,
  ],
];
for (const [what, reason, call, message] of failures) {
  void test(`A client says ${reason} for ${what}`, async () => {
    await assert.rejects(call, { reason, message });
  });
}

void test("A client says ApiForbidden to a user without rights, and what to do", async () => {
  const outsider = await createKubeClient({ kubeconfigPath: server.outsiderKubeconfigPath, env: {} });

  // Not at once: the server has only just started, and forbids everybody everything.
  await assert.rejects(
    retry(() => outsider.list(nodes, Node), { timeoutMs: 90_000 }),
    {
      reason: "ApiForbidden",
      retriable: false,
      remedy: /rbac/,
    },
  );
});

void test("A client says ApiUnauthorized to a wrong token, without telling the token", async () => {
  const text = await readFile(server.kubeconfigPath, "utf8");
  addSecret("not-a-token-of-this-cluster");
  const kubeconfig = text.replace(/token: .*/, "token: not-a-token-of-this-cluster");
  const stranger = await createKubeClient({ kubeconfig, env: {} });

  await assert.rejects(stranger.list(nodes, Node), (error) => {
    assert.ok(error instanceof Error && "reason" in error);
    assert.equal(error.reason, "ApiUnauthorized");
    assert.doesNotMatch(JSON.stringify(error) + error.message, /not-a-token/);
    return true;
  });
});

void test("A client says ApiUntrusted when the certificate is signed by somebody else", async () => {
  const other = await startApiServer();
  try {
    const kubeconfig = (await readFile(other.kubeconfigPath, "utf8")).replace(other.url, server.url);
    const client = await createKubeClient({ kubeconfig, env: {} });

    await assert.rejects(client.readVersion(), { reason: "ApiUntrusted", retriable: false });
  } finally {
    await other.stop();
  }
});

void test("A client goes through the proxy that its kubeconfig names", async () => {
  const asked: string[] = [];
  const proxy = createServer().on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const { hostname, port } = new URL(`https://${request.url}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) end.on("error", () => end.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  assert.ok(address !== null && typeof address === "object");
  const text = await readFile(server.kubeconfigPath, "utf8");
  const kubeconfig = text.replace("server:", `proxy-url: http://127.0.0.1:${address.port}\n      server:`);

  const client = await createKubeClient({ kubeconfig });

  assert.match(await client.readVersion(), /^v1/);
  assert.deepEqual(asked, [new URL(server.url).host]);
  proxy.closeAllConnections();
  proxy.close();
});

void test("A client says ApiUnavailable, with the address, while the server is down, and works when it is back", async () => {
  await server.kill();

  await assert.rejects(server.client.readVersion(), {
    reason: "ApiUnavailable",
    retriable: true,
    message: new RegExp(`no answer from ${server.url} \\(.*ECONNREFUSED`),
    remedy: new RegExp(`curl -k ${server.url}/livez`),
  });

  await server.start();
  assert.match(await server.client.readVersion(), /^v1/);
});

void test("A call ends at once when its signal aborts", async () => {
  const stop = new AbortController();
  stop.abort();

  await assert.rejects(server.client.readVersion(stop.signal), { name: "AbortError" });
});
