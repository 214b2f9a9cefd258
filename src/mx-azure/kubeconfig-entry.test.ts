import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { StargateError } from "../lib/errors.ts";
import { withCluster, withoutCluster } from "./kubeconfig-entry.ts";

const access = {
  server: "https://100.64.0.7:6443",
  caData: "Y2E=",
  certificateData: "Y2VydA==",
  keyData: "a2V5",
  proxyUrl: undefined,
};

void test("withCluster() makes a kubeconfig of its own", () => {
  assert.deepEqual(
    parse(withCluster(undefined, "mx-1", { ...access, proxyUrl: "socks5://127.0.0.1:1055" })),
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "mx-1",
          cluster: {
            server: "https://100.64.0.7:6443",
            "certificate-authority-data": "Y2E=",
            "proxy-url": "socks5://127.0.0.1:1055",
          },
        },
      ],
      users: [{ name: "mx-1", user: { "client-certificate-data": "Y2VydA==", "client-key-data": "a2V5" } }],
      contexts: [{ name: "mx-1", context: { cluster: "mx-1", user: "mx-1" } }],
      "current-context": "mx-1",
    },
  );
});

void test("withCluster() leaves other clusters, and the context in use, as they are; withoutCluster() undoes it", () => {
  const before = withCluster(undefined, "other", { ...access, server: "https://other:6443" });

  const both = withCluster(withCluster(before, "mx-1", access), "mx-1", access);

  assert.deepEqual(
    parse(both).clusters.map(({ name }: { name: string }) => name),
    ["other", "mx-1"],
  );
  assert.equal(parse(both)["current-context"], "other");
  assert.equal(withoutCluster(both, "mx-1"), before);
  assert.equal(withoutCluster(before, "other"), undefined);
});

void test("withCluster() refuses a file that is no kubeconfig", () => {
  assert.throws(
    () => withCluster("clusters: nothing\n", "mx-1", access),
    (error) => error instanceof StargateError && error.reason === "KubeconfigInvalid",
  );
});
