import assert from "node:assert/strict";
import { once } from "node:events";
import { EventEmitter } from "node:events";
import { after, before, test } from "node:test";
import { Informer, type Change } from "../../src/controller-runtime/informer.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createKubeClient } from "../../src/kubernetes/http-kube-client.ts";
import { objectSource } from "../../src/kubernetes/object-source.ts";
import { configMaps } from "../../src/kubernetes/resources.ts";
import { ConfigMap } from "../../src/kubernetes/schemas.ts";
import { startApiServer, type TestApiServer } from "./start-api-server.ts";

let server: TestApiServer;
const namespace = "default";
const labels = { of: "informer-test" };
const stop = new AbortController();

before(async () => {
  server = await startApiServer();
});
after(async () => {
  stop.abort();
  await server.stop();
});

async function create(name: string): Promise<void> {
  await server.client.create(configMaps, namespace, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace, labels },
  });
}

const remove = (name: string): Promise<void> => server.client.delete(configMaps, { namespace, name });

void test("An informer follows a real API server through a crash, with what changed while it could not see", async () => {
  await create("stays");
  await create("goes");
  const informer = new Informer({
    name: "configmaps",
    source: objectSource(server.client, configMaps, ConfigMap, {
      log: silentLog,
      namespace,
      labelSelector: "of=informer-test",
    }),
    log: silentLog,
  });
  const heard: string[] = [];
  const changes = new EventEmitter();
  informer.onChange((change: Change<ConfigMap>) => {
    heard.push(`${change.type} ${change.object.metadata.name}`);
    changes.emit("change");
  });
  const until = async (text: string): Promise<void> => {
    while (!heard.includes(text)) await once(changes, "change", { signal: AbortSignal.timeout(60_000) });
  };
  const running = informer.run(stop.signal);
  await informer.waitForSync(AbortSignal.timeout(20_000));

  await create("comes");
  await until("added comes");
  assert.deepEqual(heard.toSorted(), ["added comes", "added goes", "added stays"]);

  // The server dies and comes back on the same port; before the informer is back, an object goes and another comes.
  heard.length = 0;
  await server.kill();
  await server.start();
  await remove("goes");
  await create("new");
  await until("added new");
  await until("deleted goes");

  assert.deepEqual(heard.toSorted(), ["added new", "deleted goes"], "what did not change is not told again");
  assert.deepEqual(
    informer
      .list({ namespace })
      .map((object) => object.metadata.name)
      .toSorted(),
    ["comes", "new", "stays"],
  );
  assert.equal(informer.isConnected, true);

  stop.abort();
  await running;
});

void test("An informer lists again when its place in the history is gone", async () => {
  const own = await createKubeClient({ kubeconfigPath: server.kubeconfigPath, env: {} });
  const source = objectSource(own, configMaps, ConfigMap, { log: silentLog, namespace });
  let lists = 0;
  const informer = new Informer({
    name: "configmaps",
    // The first list claims to be older than what the server remembers after its restart.
    source: {
      list: async (signal) => {
        lists++;
        const { items, resourceVersion } = await source.list(signal);
        return { items, resourceVersion: lists === 1 ? "1" : resourceVersion };
      },
      watch: (resourceVersion, signal) => source.watch(resourceVersion, signal),
    },
    log: silentLog,
  });
  const end = new AbortController();
  const added = Promise.withResolvers<undefined>();
  informer.onChange(({ object }) => {
    if (object.metadata.name === "after-410") added.resolve(undefined);
  });

  const running = informer.run(end.signal);
  await informer.waitForSync(AbortSignal.timeout(20_000));
  await create("after-410");
  await added.promise;
  end.abort();
  await running;

  assert.equal(lists, 2);
});
