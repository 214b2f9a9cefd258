import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSshKey } from "./ssh-key.ts";

void test("checkSshKey() tells what a controller could not use", async () => {
  assert.match(
    (await checkSshKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUXPhDPfQPsOaUHlDNBMjhjOJHVjQLYOhhAj3a8v6h1")) ??
      "",
    /public key/,
  );
  assert.match((await checkSshKey("nothing")) ?? "", /no private key/);
});
