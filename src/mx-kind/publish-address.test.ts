import assert from "node:assert/strict";
import { test } from "node:test";
import { withTailnetAddress } from "./kubeadm-conf.ts";
import { decidePublication, type PublishedFiles } from "./publish-address.ts";

const ADDRESS = "100.64.0.1";
/** Made for mx.example and 100.64.0.1. */
const certificatePem = `-----BEGIN CERTIFICATE-----
MIIBpjCCAUygAwIBAgIUNpjBZ23FEZOeFA2woHh9gI5DhZMwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOa3ViZS1hcGlzZXJ2ZXIwIBcNMjYxMTI0MTYyMDMxWhgPMjA4
MTA4MjcxNjIwMzFaMBkxFzAVBgNVBAMMDmt1YmUtYXBpc2VydmVyMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEWfmFHULV7glk8BBF/ZefUXLj+4ch4bSXPJoKodLE
snXh482Ve9JVsO8bLA7Xuccrti3y1Bak75Xao98Gnql/EaNwMG4wHQYDVR0OBBYE
FKQKsAMQBxs8wU7E5RubAOQs2jeuMB8GA1UdIwQYMBaAFKQKsAMQBxs8wU7E5Rub
AOQs2jeuMA8GA1UdEwEB/wQFMAMBAf8wGwYDVR0RBBQwEoIKbXguZXhhbXBsZYcE
ZEAAATAKBggqhkjOPQQDAgNIADBFAiEA4F4mHVBCKxT4mxB9cSTCxyqN55ANWr4k
ZuTSZvB1JmYCIHMyris937h0VYe1Fs8gwj/WU5ASKzPsv6RpwEQFA2oT
-----END CERTIFICATE-----
`;
const fresh = `kind: ClusterConfiguration
apiVersion: kubeadm.k8s.io/v1beta4
apiServer:
  certSANs: [localhost]
---
kind: InitConfiguration
localAPIEndpoint:
  advertiseAddress: 172.18.0.2
`;
const conf = withTailnetAddress(fresh, ADDRESS);
const published: PublishedFiles = {
  conf,
  certificatePem,
  manifest: `    - --advertise-address=${ADDRESS}\n    - --allow-privileged=true\n`,
};

for (const { given, files, expected } of [
  { given: "all three files know the address", files: {}, expected: undefined },
  { given: "kubeadm's configuration does not", files: { conf: fresh }, expected: conf },
  { given: "there is no certificate", files: { certificatePem: undefined }, expected: conf },
  {
    given: "the API server advertises a longer one",
    files: { manifest: `    - --advertise-address=${ADDRESS}1\n` },
    expected: conf,
  },
  { given: "there is no manifest", files: { manifest: undefined }, expected: conf },
]) {
  void test(`decidePublication() publishes ${expected === undefined ? "nothing" : "anew"} when ${given}`, () => {
    assert.equal(decidePublication({ ...published, ...files }, ADDRESS), expected);
  });
}

void test("decidePublication() publishes anew when the certificate is for another address", () => {
  const moved = withTailnetAddress(fresh, "100.64.0.9");
  const files = { conf: moved, certificatePem, manifest: "    - --advertise-address=100.64.0.9\n" };

  assert.equal(decidePublication(files, "100.64.0.9"), moved);
});
