import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { accessSync, constants, globSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { findCommands, type Words } from "./find-commands.ts";
import { readHelp, type Flag } from "./read-help.ts";
import { readReadme } from "./read-readme.ts";

/** A script of ours that hands its arguments on. */
const STANDS_FOR: Readonly<Record<string, string[]>> = {
  "scripts/create-mx-cluster.sh": ["bin/stargate", "mx", "kind", "create"],
};

/** Flags that the text names by themselves. */
const OF_KUBECTL = new Set(["--for"]);

const makefile = readFileSync("Makefile", "utf8");
const { blocks, inline } = readReadme();

/** What is wrong with a command; undefined where nothing is. */
async function findMistake(words: Words): Promise<string | undefined> {
  const [program = "", ...rest] = words;
  if (program === "make") {
    const targets = rest.filter((word) => !word.includes("="));
    return targets.find((target) => !makefile.includes(`\n${target}:`)) && `no make target of that name`;
  }
  const standsFor = STANDS_FOR[program];
  if (standsFor !== undefined) {
    accessSync(program, constants.X_OK);
    return findMistake([...standsFor, ...rest]);
  }
  const help = await readHelp(program.slice("bin/".length));
  const [path, args] = splitPath(rest, [...help.keys()]);
  const flags = help.get(path);
  return flags === undefined ? `there is no ${path}` : findWrongFlag(args, flags);
}

/** The subcommand, as long as help knows it, and what comes after it. */
function splitPath(words: Words, paths: readonly string[]): [string, Words] {
  let length = 0;
  while (length < words.length && paths.includes(words.slice(0, length + 1).join(" "))) length++;
  return [words.slice(0, length).join(" "), words.slice(length)];
}

function findWrongFlag(args: Words, flags: ReadonlyMap<string, Flag>): string | undefined {
  for (const [index, word] of args.entries()) {
    if (!word.startsWith("-")) continue;
    const [name = "", joined] = word.split("=", 2);
    const flag = flags.get(name);
    if (flag === undefined) return `it has no ${name}`;
    const value = joined ?? args[index + 1];
    if (flag.takesValue && value === undefined) return `${name} is told nothing`;
    const isWrong = flag.choices !== undefined && value !== "$" && !flag.choices.includes(value ?? "");
    if (isWrong) return `${name} cannot be ${value ?? "nothing"}`;
  }
  return undefined;
}

void describe("README.md", () => {
  for (const { line, text, skip } of blocks) {
    void it(`line ${line}: is shell${skip === undefined ? "" : `, not run because it ${skip}`}`, () => {
      const { status, stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
      assert.equal(status, 0, stderr);
    });
    for (const words of findCommands(text)) {
      void it(`line ${line}: ${words.join(" ").slice(0, 80)} is a command of ours, with flags it has`, async () => {
        assert.equal(await findMistake(words), undefined, words.join(" "));
      });
    }
  }

  for (const words of inline.flatMap(findCommands)) {
    void it(`in the text: ${words.join(" ")} is a command of ours, with flags it has`, async () => {
      assert.equal(await findMistake(words), undefined);
    });
  }

  void it("names no flag that none of our programs has", async () => {
    const programs = globSync("bin/*").map((path) => path.slice("bin/".length));
    const helps = await Promise.all(programs.map(readHelp));
    const flags = new Set(helps.flatMap((help) => [...help.values()].flatMap((of) => [...of.keys()])));
    const named = inline
      .filter((code) => !/^(kubectl|tailscale|az|ssh) /.test(code)) // their flags are theirs
      .flatMap((code) => code.match(/(?<![\w-])--[a-z][\w-]*/g) ?? []);

    assert.ok(programs.length >= 5, 'run "make build" first');
    assert.ok(named.includes("--qemu-network"));
    assert.deepEqual(
      named.filter((name) => !flags.has(name) && !OF_KUBECTL.has(name)),
      [],
    );
  });

  void it("leaves out of the walk only what cannot be had here", () => {
    const walked = blocks.filter(({ skip }) => skip === undefined);

    for (const { text, skip, line } of blocks) {
      const isForeign = /azure|tailscale|create-mx-cluster|make test/i.test(text);
      assert.ok(skip === undefined || isForeign, `line ${line} is left out because it ${skip}`);
    }
    assert.ok(walked.length >= 6, `only ${walked.length} blocks are walked`);
  });
});
