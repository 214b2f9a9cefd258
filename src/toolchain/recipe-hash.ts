import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Component } from "./components.ts";

/**
 * Names what a component is built from: its recipe, and the go.mod, go.sum and Go files it uses. A changed recipe
 * thus asks for another folder of the cache. The Go release is left out: a newer one is no reason to build again.
 */
export function recipeHash(component: Component, toolchainDir: string): string {
  const { recipe } = component;
  const folder = join(toolchainDir, recipe.module);
  const modFile = (recipe.kind === "go" ? recipe.modFile : undefined) ?? "go.mod";
  const files = [modFile, modFile.replace(/\.mod$/, ".sum"), ...globSync("**/*.go", { cwd: folder }).sort()];
  return shortHash([
    JSON.stringify(recipe),
    component.version,
    ...files.flatMap((file) => [file, readFileSync(join(folder, file), "utf8")]),
  ]);
}

/** Twelve hexadecimal digits that stand for these texts in this order. */
export function shortHash(texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  return hash.digest("hex").slice(0, 12);
}
