import assert from "node:assert/strict";
import { test } from "node:test";
import { StargateError } from "../lib/errors.ts";
import { resolveControlPlane } from "./resolve-control-plane.ts";

const kind = {
  mode: "kind",
  server: undefined,
  container: "stargate-demo-control-plane",
  port: 6443,
  kubeconfig: undefined,
} as const;

void test("resolveControlPlane() asks the kind container for its tailnet address", async () => {
  const asked: string[] = [];

  const controlPlane = await resolveControlPlane(kind, "PEM", {
    exec: async (argv) => {
      asked.push(argv.join(" "));
      return Promise.resolve({ stdout: "100.99.0.7\nfd7a::1\n", stderr: "", exitCode: 0 });
    },
  });

  assert.deepEqual(asked, ["docker exec stargate-demo-control-plane tailscale ip -4"]);
  assert.equal(controlPlane.server, "https://100.99.0.7:6443");
  assert.equal(controlPlane.caPem, "PEM");
  assert.equal(controlPlane.kubeletOverrides["cgroupRoot"], "/");
});

void test("resolveControlPlane() names the way out when the kind container has no tailnet address", async () => {
  await assert.rejects(
    resolveControlPlane(kind, "PEM", {
      exec: () => Promise.reject(new StargateError("CommandFailed", "docker exec: exit code 1")),
    }),
    (error) =>
      error instanceof StargateError &&
      error.reason === "ControlPlaneAddressUnknown" &&
      error.remedy?.includes("--control-plane-ip") === true,
  );
});

void test("resolveControlPlane() takes a tailscale plan as it is", async () => {
  const controlPlane = await resolveControlPlane(
    { mode: "tailscale", server: "https://100.99.0.7:6443", kubeconfig: undefined },
    "PEM",
  );

  assert.deepEqual(controlPlane, {
    description: "https://100.99.0.7:6443",
    server: "https://100.99.0.7:6443",
    caPem: "PEM",
    kubeletOverrides: {},
  });
});
