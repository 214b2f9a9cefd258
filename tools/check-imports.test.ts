import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

/**
 * The layers, from what decides nothing to what runs everything. A file may import from its own folder and from
 * layers further down this list, never from one further up or beside it. ARCHITECTURE.md draws the same list.
 */
const layers: readonly (readonly string[])[] = [
  ["lib"],
  ["api", "controller-runtime"],
  ["kubernetes", "tailnet", "toolchain", "remote"],
  ["control-plane"],
  ["bootstrap"],
  ["providers"],
  ["lab"],
  ["prep-dc-inventory", "controllers", "mx-azure", "mx-kind", "run-controllers"],
  ["operations"],
  ["clean-all", "demo", "doctor"],
  ["commands"],
  ["main"],
];

/** Seams in upper layers that lower ones may read: plain types and files, no behaviour. */
const seams = new Set(["lab/lab-state.ts", "providers/provider.ts"]);

function layerOf(file: string): number {
  const folder = file.split("/")[0];
  const index = layers.findIndex((layer) => folder !== undefined && layer.includes(folder));
  assert.notEqual(index, -1, `src/${file}: its folder is in no layer; add it to tools/check-imports.test.ts`);
  return index;
}

function importsOf(file: string): { to: string; line: number }[] {
  const found: { to: string; line: number }[] = [];
  readFileSync(join("src", file), "utf8")
    .split("\n")
    .forEach((text, index) => {
      const match = /(?:from|import)\s*\(?\s*"(\.[^"]+\.ts)"/.exec(text);
      if (match?.[1] !== undefined) {
        found.push({ to: relative("src", join("src", dirname(file), match[1])), line: index + 1 });
      }
    });
  return found;
}

void test("imports point only down the layers", () => {
  const wrong: string[] = [];
  for (const path of globSync("src/**/*.ts")) {
    const file = path.slice("src/".length);
    for (const { to, line } of importsOf(file)) {
      const sameFolder = file.split("/")[0] === to.split("/")[0];
      if (sameFolder || seams.has(to) || to.startsWith("../")) continue;
      if (layerOf(to) >= layerOf(file)) wrong.push(`src/${file}:${line} imports src/${to}`);
    }
  }
  assert.deepEqual(wrong, []);
});

void test("a provider never imports another provider", () => {
  const wrong: string[] = [];
  for (const path of globSync("src/providers/*/**/*.ts")) {
    const file = path.slice("src/".length);
    for (const { to, line } of importsOf(file)) {
      const [, from] = file.split("/");
      const [folder, target, ...rest] = to.split("/");
      if (folder === "providers" && rest.length > 0 && target !== from)
        wrong.push(`src/${file}:${line} imports src/${to}`);
    }
  }
  assert.deepEqual(wrong, []);
});

void test("only main reads the arguments and environment of the running program", () => {
  const wrong = globSync("src/**/*.ts").filter(
    (file) =>
      !file.startsWith("src/main/") &&
      !file.endsWith(".test.ts") &&
      /process\.(argv|env)\b/.test(readFileSync(file, "utf8")),
  );
  assert.deepEqual(wrong, []);
});

/** Packages and own files that a program loads before it knows what it is asked for. */
function loadedAtStart(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const imports = /^(?:import|export) (?!type )[^;]*?from "([^"]+)";/gm;
  for (const [, name = ""] of readFileSync(join("src", file), "utf8").matchAll(imports)) {
    if (name.startsWith(".")) loadedAtStart(join(dirname(file), name), seen);
    else if (!name.startsWith("node:")) seen.add(name);
  }
  return seen;
}

// zod, undici and the Azure clients take longer to load than everything that help needs (bench/cli-start.ts).
void test("a program's help loads commander and no other package", () => {
  for (const path of globSync("src/main/*.ts", { exclude: ["src/main/run-program.ts"] })) {
    const loaded = [...loadedAtStart(path.slice("src/".length))];

    assert.ok(loaded.includes("lib/errors.ts"), path);
    assert.deepEqual(
      loaded.filter((name) => !name.endsWith(".ts")),
      ["commander"],
      path,
    );
  }
});
