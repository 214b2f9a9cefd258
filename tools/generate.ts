// Writes config/crd/<plural>.yaml from src/api. With --check it writes nothing and fails where a file differs.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { renderCrd } from "../src/api/render-crd.ts";
import { kinds } from "../src/api/v1alpha1/kinds.ts";

const folder = "config/crd";
const check = process.argv.includes("--check");
const wanted = new Map(kinds.map((kind) => [`${kind.plural}.yaml`, renderCrd(kind)]));
const present = new Map(
  globSync(`${folder}/*.yaml`).map((path) => [basename(path), readFileSync(path, "utf8")]),
);
const names = [...new Set([...wanted.keys(), ...present.keys()])];
const changed = names.filter((name) => wanted.get(name) !== present.get(name));

if (check && changed.length > 0) {
  console.error(
    `${folder}/ is not what src/api says: ${changed.join(", ")}\n  next: npm run generate, and commit`,
  );
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
for (const name of check ? [] : changed) {
  const text = wanted.get(name);
  if (text === undefined) rmSync(join(folder, name));
  else writeFileSync(join(folder, name), text);
  console.log(`${text === undefined ? "removed" : "wrote"} ${join(folder, name)}`);
}
