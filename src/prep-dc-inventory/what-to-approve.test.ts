import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Inventory } from "../providers/provider.ts";
import { createManualTailnet } from "../tailnet/manual.ts";
import { whatToApprove } from "./what-to-approve.ts";

const entry = (name: string) => ({ name, ipv4: "192.168.100.1", macAddress: "", hostKey: "" });
const inventory: Inventory = {
  providerId: "qemu",
  subnetCidr: "192.168.100.0/24",
  router: entry("dc-router"),
  workers: [],
};
const { signal } = new AbortController();

void describe("whatToApprove()", () => {
  void it("names place, router and route where only an auth key was given", async () => {
    const toDo = await whatToApprove(inventory, createManualTailnet({ authKey: "tskey-auth-1" }), signal);

    assert.match(toDo ?? "", /admin\/machines.*choose dc-router.*approve 192\.168\.100\.0\/24/);
  });

  void it("names every router of a pair", async () => {
    const pair = { ...inventory, standbyRouters: [entry("dc-router-2")] };
    const tailnet = createManualTailnet({ authKey: "k", loginServer: "https://headscale.example.com" });

    const toDo = await whatToApprove(pair, tailnet, signal);

    assert.match(toDo ?? "", /dc-router and dc-router-2.*approve-routes.*192\.168\.100\.0\/24/);
  });

  void it("is nothing where the tailnet's API can be used, which is then asked for nothing more", async () => {
    const tailnet = { listDevices: async () => Promise.resolve([]), approveRoutes: notExpected };

    assert.equal(await whatToApprove(inventory, tailnet, signal), undefined);
  });

  void it("hides no other trouble", async () => {
    const tailnet = {
      listDevices: async () => Promise.reject(new Error("no network")),
      approveRoutes: notExpected,
    };

    await assert.rejects(whatToApprove(inventory, tailnet, signal), /no network/);
  });
});

async function notExpected(): Promise<never> {
  return Promise.reject(new Error("not expected of this tailnet"));
}
