// Bundles each program of src/main into dist/main, copies the files that ship beside the code, and writes bin/.
import { chmodSync, copyFileSync, globSync, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { bundlePrograms } from "./bundle-programs.ts";

const programs = globSync("src/main/*.ts").filter(
  (file) => !file.endsWith(".test.ts") && basename(file) !== "run-program.ts",
);

// Built aside and moved in pieces only at the end would be nicer still; a build takes under a second.
rmSync("dist", { recursive: true, force: true });
await bundlePrograms(programs, "dist");

mkdirSync("bin", { recursive: true });
for (const program of programs) {
  const target = join("bin", basename(program, ".ts"));
  copyFileSync("tools/launcher.sh", target);
  chmodSync(target, 0o755);
}
