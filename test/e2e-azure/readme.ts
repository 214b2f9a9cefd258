import { readFileSync } from "node:fs";

/**
 * The commands of a section of the README, in order, as they stand there: with their continuation lines, loops and
 * here-documents, and without comments of their own.
 */
export function readmeCommands(section: string): string[] {
  const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const start = text.indexOf(`\n${section}\n`);
  if (start === -1) throw new Error(`README.md has no section "${section}"`);
  const end = text.indexOf("\n## ", start + section.length + 2);
  const blocks = text.slice(start, end === -1 ? undefined : end).matchAll(/```bash\n(.*?)```/gs);
  return [...blocks].flatMap(([, block = ""]) => splitCommands(block));
}

/** The command of a section that begins so. */
export function readmeCommand(section: string, beginning: string): string {
  const found = readmeCommands(section).find((command) => command.startsWith(beginning));
  if (found === undefined) throw new Error(`README.md has no "${beginning}" in "${section}"`);
  return found;
}

function splitCommands(block: string): string[] {
  const commands: string[] = [];
  let open: string[] = [];
  let endsAt: string | undefined;
  let depth = 0;
  for (const line of block.split("\n")) {
    if (open.length === 0 && (line.trim() === "" || line.startsWith("#"))) continue;
    open.push(line);
    if (endsAt !== undefined) {
      if (line === endsAt) endsAt = undefined;
      else continue;
    } else {
      endsAt = /<<'?(\w+)'?/.exec(line)?.[1];
      depth += (/^\s*for .*; do$/.test(line) ? 1 : 0) - (/^\s*done$/.test(line) ? 1 : 0);
    }
    if (endsAt !== undefined || depth > 0 || line.endsWith("\\")) continue;
    commands.push(open.join("\n"));
    open = [];
  }
  return commands;
}

/** The command with more flags at its end. */
export function withFlags(command: string, flags: readonly string[]): string {
  return [command, ...flags].join(" \\\n  ");
}

/** The command without the line of this flag. */
export function withoutFlag(command: string, flag: string): string {
  const lines = command.split("\n");
  const kept = lines.filter((line) => !line.trim().startsWith(`${flag} `));
  if (kept.length === lines.length) throw new Error(`the command has no ${flag}`);
  return kept.join("\n").replace(/\s*\\$/, "");
}
