import { copyFileSync, globSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

/** Bundles programs into a folder as they are below src/, and copies the files that ship beside the code. */
export async function bundlePrograms(programs: readonly string[], folder: string): Promise<void> {
  await build({
    entryPoints: [...programs],
    outdir: folder,
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
    const target = join(folder, file.slice("src/".length));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}
