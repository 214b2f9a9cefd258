import assert from "node:assert/strict";
import { test } from "node:test";
import { belongsToBase } from "./base-layer.ts";

for (const [path, expected] of [
  ["usr/sbin/nft", true],
  ["usr/sbin/xtables-nft-multi", true],
  ["usr/sbin/xtables-legacy-multi", false],
  ["usr/lib64/ld-linux-x86-64.so.2", true],
  ["usr/lib/ld-linux-aarch64.so.1", true],
  ["usr/lib/x86_64-linux-gnu/libc.so.6", true],
  ["usr/lib/aarch64-linux-gnu/libnftables.so.1.1.0", true],
  ["usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", true],
  ["usr/lib/x86_64-linux-gnu/libmvec.so.1", false],
  ["usr/lib/x86_64-linux-gnu/libnss_compat.so.2", false],
  ["usr/lib/x86_64-linux-gnu/gconv/UTF-16.so", false],
  ["usr/lib/x86_64-linux-gnu/xtables/libxt_conntrack.so", true],
  ["usr/lib/x86_64-linux-gnu/xtables/libebt_ip.so", false],
  ["usr/share/doc/nftables/examples/nat.nft", false],
  ["etc/nftables.conf", false],
  ["var/lib/dpkg/status", false],
] as const) {
  void test(`belongsToBase ${expected ? "keeps" : "leaves out"} ${path}`, () => {
    assert.equal(belongsToBase(path), expected);
  });
}
