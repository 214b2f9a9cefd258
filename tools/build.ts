// Bundles each program of src/main into dist/main, copies the files that ship beside the code, and writes bin/.
import { chmodSync, copyFileSync, globSync, mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";

const programs = globSync("src/main/*.ts").filter(
  (file) => !file.endsWith(".test.ts") && basename(file) !== "run-program.ts",
);

// Built aside and moved in pieces only at the end would be nicer still; a build takes under a second.
rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: programs,
  outdir: "dist",
  outbase: "src",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true, // what only one command needs is loaded only by that command
  format: "esm",
  platform: "node",
  target: "node24",
  minifySyntax: true,
  legalComments: "none",
  sourcemap: "linked",
  // CommonJS packages in the bundle ask for these.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      "const require = __createRequire(import.meta.url);",
      "const __filename = import.meta.filename, __dirname = import.meta.dirname;",
    ].join(" "),
  },
  external: ["cpu-features", "*.node"], // ssh2's optional native parts
  logLevel: "warning",
});

// Everything that is no code: scripts, units, manifests. A list of endings would forget the next one.
for (const file of globSync("src/**/*.*", { exclude: ["**/*.ts"] })) {
  const target = join("dist", file.slice("src/".length));
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(file, target);
}

mkdirSync("bin", { recursive: true });
for (const program of programs) {
  const target = join("bin", basename(program, ".ts"));
  copyFileSync("tools/launcher.sh", target);
  chmodSync(target, 0o755);
}
