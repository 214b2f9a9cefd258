import assert from "node:assert/strict";
import { cpSync, appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { packagePath } from "../lib/assets.ts";
import { componentsFor } from "./components.ts";
import { kubernetesReleases } from "./kubernetes-versions.ts";
import { recipeHash } from "./recipe-hash.ts";

void test("recipeHash changes with the module file, its Go files and the recipe, and with nothing else", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "stargate-recipe-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  cpSync(packagePath("toolchain"), dir, { recursive: true });
  const mx = componentsFor(kubernetesReleases[0], "amd64")[0];
  assert.ok(mx);
  const first = recipeHash(mx, dir);
  appendFileSync(join(dir, "kubernetes", "v1.36.mod"), "\n// another version's file\n");
  assert.equal(recipeHash(mx, dir), first);
  appendFileSync(join(dir, "kubernetes", "go.mod"), "\n// changed\n");
  const second = recipeHash(mx, dir);
  assert.notEqual(second, first);
  appendFileSync(join(dir, "kubernetes", "mx", "main.go"), "\n// changed\n");
  const third = recipeHash(mx, dir);
  assert.notEqual(third, second);
  assert.notEqual(recipeHash({ ...mx, recipe: { ...mx.recipe, kind: "go", packages: ["./x"] } }, dir), third);
});
