import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseUplinkCidr } from "./choose-uplink.ts";

const rows: { name: string; ranges: string[]; taken: string[]; expected: string | undefined }[] = [
  { name: "the last block", ranges: ["10.50.0.0/16"], taken: ["10.50.1.0/24"], expected: "10.50.255.240/28" },
  {
    name: "before what is taken",
    ranges: ["10.50.0.0/16"],
    taken: ["10.50.255.240/28", "10.50.255.128/26"],
    expected: "10.50.255.224/28",
  },
  {
    name: "before something large",
    ranges: ["10.50.0.0/16"],
    taken: ["10.50.128.0/17"],
    expected: "10.50.127.240/28",
  },
  {
    name: "no room beside the subnet",
    ranges: ["10.50.1.0/24"],
    taken: ["10.50.1.0/24"],
    expected: undefined,
  },
  {
    name: "room in the second range",
    ranges: ["10.50.1.0/24", "10.60.0.0/24"],
    taken: ["10.50.1.0/24"],
    expected: "10.60.0.240/28",
  },
  { name: "a range that is too small", ranges: ["10.50.1.0/29"], taken: [], expected: undefined },
];

for (const { name, ranges, taken, expected } of rows) {
  void test(`chooseUplinkCidr(): ${name}`, () => assert.equal(chooseUplinkCidr(ranges, taken), expected));
}
