import assert from "node:assert/strict";
import { test } from "node:test";
import { findCommands } from "./find-commands.ts";
import { readReadme } from "./read-readme.ts";

const cases: [name: string, text: string, commands: string[][]][] = [
  [
    "a continued line with quotes, a variable and a comment",
    'bin/a --x "one $TWO" \\\n  --y=3   # why --z',
    [["bin/a", "--x", "one $", "--y=3"]],
  ],
  ["what is in the background, and after it", "bin/a &   # one\nmake b", [["bin/a"], ["make", "b"]]],
  ["what another command asks", 'export K="$(bin/a b)"', [["bin/a", "b"]]],
  ["nothing in a here-document", "cat <<YAML\nbin/a\nYAML\nbin/b", [["bin/b"]]],
  ["what sudo runs", "sudo -E bin/a --x", [["bin/a", "--x"]]],
  ["nothing that is not ours", "kubectl get nodes | tail -1; tailscale ip", []],
];

for (const [name, text, commands] of cases) {
  void test(`findCommands() finds ${name}`, () => {
    assert.deepEqual(findCommands(text), commands);
  });
}

void test("readReadme() finds blocks of shell with their lines, and what is in backticks elsewhere", () => {
  const text =
    "Say `a --b`.\n\n<!-- walk: skip=needs-azure -->\n\n```bash\none\n```\n```yaml\nx: y\n```\n```bash\ntwo\nthree\n```\n";

  assert.deepEqual(readReadme(text), {
    blocks: [
      { line: 6, text: "one", skip: "needs-azure" },
      { line: 12, text: "two\nthree", skip: undefined },
    ],
    inline: ["a --b"],
  });
});

void test("readReadme() refuses a comment that it does not understand", () => {
  assert.throws(() => readReadme("<!-- walk: skip=too-slow -->\n"), /does not understand/);
});
