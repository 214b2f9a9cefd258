import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { renderTailnetFlannel } from "./tailnet-flannel.ts";

void test("renderTailnetFlannel() sends by the tailnet on MX, asks the API server there, and brings the plugin", () => {
  const objects = parseAllDocuments(renderTailnetFlannel("100.101.102.103")).map((document): unknown =>
    document.toJS(),
  );

  assert.equal(objects.length, 6);
  assert.match(JSON.stringify(objects[4]), /DirectRouting.{1,4}false/);
  assert.partialDeepStrictEqual(objects[5], {
    kind: "DaemonSet",
    spec: {
      template: {
        spec: {
          initContainers: [{ name: "install-cni-plugin" }, { name: "install-cni" }],
          containers: [
            {
              args: [
                "--ip-masq",
                "--kube-subnet-mgr",
                "--iface=tailscale0",
                "--iface-can-reach=100.101.102.103",
              ],
              env: [
                { name: "POD_NAME" },
                { name: "POD_NAMESPACE" },
                { name: "KUBERNETES_SERVICE_HOST", value: "100.101.102.103" },
                { name: "KUBERNETES_SERVICE_PORT", value: "6443" },
              ],
            },
          ],
        },
      },
    },
  });
});
