import { chmod, mkdir, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import type { Env } from "../lib/paths.ts";
import type { Architecture, Component, CRecipe, GoRecipe } from "./components.ts";
import type { Go } from "./go.ts";
import { runGroup } from "./run-group.ts";

export interface BuildContext {
  go: Go;
  arch: Architecture;
  /** Where the Go modules lie: toolchain/ of the repository or package. */
  toolchainDir: string;
  env: Env;
  signal: AbortSignal;
  /** Told what is being done, as often as a line comes. */
  onDetail: (detail: string) => void;
}

/** Builds a component's programs into the folder `out`. */
export async function buildComponent(
  component: Component,
  out: string,
  context: BuildContext,
): Promise<void> {
  const { recipe } = component;
  await (recipe.kind === "go"
    ? buildGo(component.name, recipe, out, context)
    : buildC(component.name, recipe, out, context));
}

/** Arguments of the `go build` that makes a recipe's programs in the folder `out`. */
export function goBuildArguments(recipe: GoRecipe, out: string): string[] {
  const linking = recipe.cgo === true ? [`-linkmode external -extldflags "-static"`] : [];
  const own = recipe.ldflags === undefined ? [] : [recipe.ldflags];
  return [
    "build",
    "-v", // names each package as it is compiled: our progress
    "-mod=readonly",
    "-buildvcs=false",
    "-trimpath",
    "-gcflags=all=-dwarf=false", // the linker would drop it (-w); not making it saves a tenth of the time
    ...(recipe.modFile === undefined ? [] : [`-modfile=${recipe.modFile}`]),
    ...(recipe.tags === undefined ? [] : ["-tags", recipe.tags]),
    "-ldflags",
    ["-s -w", ...own, ...linking].join(" "),
    "-o",
    recipe.output === undefined ? `${out}/` : join(out, recipe.output),
    ...recipe.packages,
  ];
}

async function buildGo(name: string, recipe: GoRecipe, out: string, context: BuildContext): Promise<void> {
  const scratch = join(out, ".build");
  await mkdir(scratch);
  const countLine = lineCounter(context.onDetail);
  const result = await runGroup([context.go.command, ...goBuildArguments(recipe, out)], {
    cwd: join(context.toolchainDir, recipe.module),
    env: goEnv(context, { CGO_ENABLED: recipe.cgo === true ? "1" : "0", GOTMPDIR: scratch }),
    onLine: countLine,
    signal: context.signal,
  });
  if (result.exitCode !== 0) throw buildError(name, result.errorLines);
  await rm(scratch, { recursive: true, force: true });
  for (const [link, target] of Object.entries(recipe.links ?? {})) await symlink(target, join(out, link));
}

const ModuleDownload = z.object({ Dir: z.string().optional(), Error: z.string().optional() });

async function buildC(name: string, recipe: CRecipe, out: string, context: BuildContext): Promise<void> {
  const cwd = join(context.toolchainDir, recipe.module);
  const { signal } = context;
  const listed = await runGroup([context.go.command, "mod", "download", "-json", recipe.carrier], {
    cwd,
    env: goEnv(context, {}),
    signal,
  });
  const carrier = listed.exitCode === 0 ? ModuleDownload.parse(JSON.parse(listed.stdout)) : undefined;
  if (carrier?.Dir === undefined) throw buildError(name, [...listed.errorLines, carrier?.Error ?? ""]);
  const defines = Object.entries(recipe.defines).map(([key, value]) => `-D${key}=${value}`);
  const target = join(out, recipe.output);
  const compiled = await runGroup(
    ["gcc", "-Os", "-Wall", "-static", "-s", ...defines, "-o", target, join(carrier.Dir, recipe.source)],
    { cwd, env: context.env, signal },
  );
  if (compiled.exitCode !== 0) throw buildError(name, compiled.errorLines);
  await chmod(target, 0o755);
}

function goEnv(context: BuildContext, own: Record<string, string>): Record<string, string | undefined> {
  return {
    ...context.env,
    ...context.go.env,
    GOOS: "linux",
    GOARCH: context.arch,
    GOWORK: "off", // a workspace around the checkout is none of ours
    ...own,
  };
}

/** Turns the lines of `go build -v` into counts. */
export function lineCounter(onDetail: (detail: string) => void): (line: string) => void {
  let downloaded = 0;
  let compiled = 0;
  return (line) => {
    if (line.startsWith("go: downloading ")) downloaded++;
    else if (isPackageName(line)) compiled++;
    else return;
    onDetail(compiled > 0 ? `${compiled} packages compiled` : `${downloaded} modules downloaded`);
  };
}

function isPackageName(line: string): boolean {
  return /^[\w.~/-]+$/.test(line);
}

/** What a failed build says about itself, without the progress lines. */
export function buildError(name: string, errorLines: readonly string[]): StargateError {
  const telling = errorLines.filter(
    (line) => line.trim() !== "" && !isPackageName(line) && !line.startsWith("go: downloading "),
  );
  const text = telling.slice(-8).join("\n");
  return new StargateError("BuildFailed", `Build ${name}: it ended with an error\n${text}`, {
    remedy: remedyFor(text),
    retriable: isNetworkTrouble(text),
  });
}

function isNetworkTrouble(text: string): boolean {
  return /dial tcp|no such host|i\/o timeout|connection re(set|fused)|TLS handshake|unexpected EOF/.test(
    text,
  );
}

function remedyFor(text: string): string {
  if (isNetworkTrouble(text))
    return "Check that this host reaches the Go module proxy (go env GOPROXY), then run the command again: what was built is kept.";
  if (/no space left/.test(text))
    return "Make room (about 8 GB for Go's caches and the programs), then run the command again.";
  if (/gcc|cannot find -l/.test(text))
    return "Run scripts/install-host-packages.sh, which installs gcc and libc6-dev.";
  return "Run the command again with STARGATE_LOG_LEVEL=debug; what was built is kept.";
}

/** The programs that a recipe's folder has in the end. */
export function programsOf(recipe: Component["recipe"]): string[] {
  if (recipe.kind === "c") return [recipe.output];
  const built = recipe.output === undefined ? recipe.packages.map((path) => basename(path)) : [recipe.output];
  return [...built, ...Object.keys(recipe.links ?? {})];
}
