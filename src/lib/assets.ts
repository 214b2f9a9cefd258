import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Path of a file that ships beside the code, named from the root of src/ (for instance
 * "bootstrap/scripts/join-cluster.sh"). This file runs from src/lib, dist/main or dist/chunks: in each of them
 * the root is one folder up, and the build copies such files to the same place under dist/.
 */
export function assetPath(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** Text of a file that ships beside the code. */
export function readAsset(name: string): string {
  return readFileSync(assetPath(name), "utf8");
}

/** Path of a file or folder of the repository or installed package, named from its root. */
export function packagePath(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}
