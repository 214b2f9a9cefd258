import assert from "node:assert/strict";
import { describe, it } from "node:test";
import ssh2 from "ssh2";
import { publicKeyOf } from "./public-key.ts";

void describe("publicKeyOf()", () => {
  void it("is the public half, whatever the comment", async () => {
    const [one, other] = [1, 2].map(() => ssh2.utils.generateKeyPairSync("ed25519", { comment: "me" }));

    assert.equal(await publicKeyOf(one?.private ?? ""), one?.public.split(" ")[1]);
    assert.notEqual(await publicKeyOf(other?.private ?? ""), one?.public.split(" ")[1]);
  });

  void it("is undefined for a public key, one with a passphrase, and anything else", async () => {
    const locked = ssh2.utils.generateKeyPairSync("ed25519", {
      ...{ passphrase: "secret", cipher: "aes256-ctr", rounds: 1 },
    });

    for (const text of [locked.public, locked.private, "nothing"]) {
      assert.equal(await publicKeyOf(text), undefined, text);
    }
  });
});
