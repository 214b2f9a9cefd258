import { run } from "../lab/program.ts";

/** A flag as help tells of it; without `choices`, whatever is said after it may be right. */
export interface Flag {
  takesValue: boolean;
  choices: string[] | undefined;
}

/** What a program can be told, for each of its subcommands ("" for itself, "mx kind create" and so on). */
export type Help = ReadonlyMap<string, ReadonlyMap<string, Flag>>;

const known = new Map<string, Promise<Help>>();

/** Asks a program for its help, and that of its subcommands. Once for each. */
export async function readHelp(program: string): Promise<Help> {
  const asked = known.get(program) ?? askAll(program);
  known.set(program, asked);
  return asked;
}

async function askAll(program: string): Promise<Help> {
  const all = new Map<string, Map<string, Flag>>();
  const ask = async (path: readonly string[]): Promise<void> => {
    const { exitCode, output } = await run([`bin/${program}`, ...path, "--help"], { PATH: "/usr/bin:/bin" });
    if (exitCode !== 0) throw new Error(`${program} ${path.join(" ")} --help: ${output}`);
    all.set(path.join(" "), flagsOf(output));
    for (const name of subcommandsOf(output)) await ask([...path, name]);
  };
  await ask([]);
  return all;
}

function subcommandsOf(help: string): string[] {
  const [, list = ""] = help.split(/^Commands:$/m);
  return [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "help");
}

function flagsOf(help: string): Map<string, Flag> {
  const found = new Map<string, Flag>();
  // Each description goes on in lines that are indented further.
  for (const entry of help.split(/\n(?= {2}-)/).slice(1)) {
    const text = entry.replaceAll(/\s+/g, " ");
    const [, names = "", value] = /^ ((?:-\w, )?--[\w-]+|-\w)( [<[][^>\]]+[>\]])?/.exec(text) ?? [];
    const list = /\(choices: ([^)]*?)(?:, default: [^)]*)?\)/.exec(text)?.[1];
    const choices = list?.split(", ").map((choice) => choice.replaceAll('"', ""));
    for (const name of names.split(", ")) found.set(name, { takesValue: value !== undefined, choices });
  }
  return found;
}
