import assert from "node:assert/strict";
import { test } from "node:test";
import { packageRepository } from "./package-repository.ts";

for (const [version, minor] of [
  ["1.37", "1.37"],
  ["1.37.2", "1.37"],
  ["1.100.12", "1.100"],
] as const) {
  void test(`packageRepository() of ${version} is the one of ${minor}`, () => {
    assert.deepEqual(packageRepository(version), {
      url: `https://pkgs.k8s.io/core:/stable:/v${minor}/deb`,
      minor,
    });
  });
}
