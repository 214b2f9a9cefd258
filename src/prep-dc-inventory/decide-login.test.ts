import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideLogin, type AroundLogin } from "./decide-login.ts";

const WANTED = { namespace: "azure-dc", username: "adminuser", publicKey: "OURS" };
const fitting = { profile: "p", secret: "s", username: "adminuser", publicKey: "OURS", isAssumed: false };
const otherKey = { ...fitting, profile: "q", publicKey: "THEIRS" };
const otherUser = { ...fitting, profile: "r", username: "ubuntu" };
const assumed = { ...otherKey, secret: "t", isAssumed: true };

const around = (logins: AroundLogin["logins"], rest: Partial<AroundLogin> = {}): AroundLogin => ({
  ...{ logins, hasOwnServers: false, hasOtherServers: false, isLab: false },
  ...rest,
});

void describe("decideLogin()", () => {
  for (const [title, logins] of [
    ["there is no profile yet", []],
    ["the profile's login is the one that was used", [fitting]],
    ["one profile of several has it", [otherKey, fitting, otherUser]],
    ["the user's name is left to the controller's flag", [{ ...fitting, username: undefined }]],
  ] as const) {
    void it(`finds that it fits where ${title}`, () => {
      assert.deepEqual(decideLogin(WANTED, around(logins)), { kind: "fits" });
    });
  }

  void it("puts the login where nobody chose the key, and no server has it", () => {
    assert.deepEqual(decideLogin(WANTED, around([otherKey, assumed, assumed])), {
      kind: "put",
      secrets: ["t"],
    });
  });

  for (const [title, given] of [
    ["somebody chose the key", around([otherKey])],
    ["servers of another datacenter may need it", around([assumed], { hasOtherServers: true })],
    ["the key that was chosen cannot be read", around([{ ...fitting, publicKey: undefined }])],
    ["only the user is another", around([otherUser])],
  ] as const) {
    void it(`refuses where ${title}`, () => {
      assert.equal(decideLogin(WANTED, given).kind, "refuse");
    });
  }

  void it("refuses with what each profile has instead, and how to put it right", () => {
    const decision = decideLogin(WANTED, around([otherKey, otherUser]));

    assert.ok(decision.kind === "refuse");
    assert.match(
      decision.message,
      /profile q \(Secret s\) has another SSH key; profile r .* has the user "ubuntu"/,
    );
    assert.match(
      decision.remedy,
      /^Give the login .* kubectl create secret generic s -n azure-dc --from-literal=username=adminuser/,
    );
  });

  void it("points to the lab's own key pair in the lab", () => {
    const decision = decideLogin(WANTED, around([otherKey], { isLab: true }));

    assert.ok(decision.kind === "refuse");
    assert.match(decision.remedy, /^Leave out --ssh-public-key/);
  });

  void it("only tells of it where the servers are there already", () => {
    const decision = decideLogin(WANTED, around([assumed], { hasOwnServers: true, hasOtherServers: true }));

    assert.ok(decision.kind === "tell");
    assert.match(decision.text, /has another SSH key\. Put in what this command used: kubectl create secret/);
  });
});
