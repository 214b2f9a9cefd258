import assert from "node:assert/strict";
import { describe, it } from "node:test";
import ssh2 from "ssh2";
import { publicKeyOf } from "../remote/public-key.ts";
import { describeOtherLogins } from "./find-other-logins.ts";

const WANTED = { namespace: "azure-dc", username: "adminuser", publicKey: "OURS" };
const fitting = { profile: "p", secret: "s", username: "adminuser", publicKey: "OURS" };
const otherKey = { ...fitting, profile: "q", publicKey: "THEIRS" };
const otherUser = { ...fitting, profile: "r", username: "ubuntu" };

void describe("describeOtherLogins()", () => {
  for (const [title, logins] of [
    ["there is no profile yet", []],
    ["the profile's login is the one that was used", [fitting]],
    ["one profile of several has it", [otherKey, fitting, otherUser]],
    ["the user's name is left to the controller's flag", [{ ...fitting, username: undefined }]],
  ] as const) {
    void it(`says nothing where ${title}`, () => {
      assert.equal(describeOtherLogins(logins, WANTED), undefined);
    });
  }

  void it("names what each profile has instead, and how to put it right", () => {
    const said = describeOtherLogins([otherKey, otherUser], WANTED) ?? "";

    assert.match(said, /profile q \(Secret s\) has another SSH key; profile r .* has the user "ubuntu"/);
    assert.match(said, /kubectl create secret generic s -n azure-dc --from-literal=username=adminuser/);
  });

  void it("takes a key that cannot be read as another", () => {
    assert.match(
      describeOtherLogins([{ ...fitting, publicKey: undefined }], WANTED) ?? "",
      /another SSH key/,
    );
  });
});

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
