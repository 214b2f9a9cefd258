import { readFileSync } from "node:fs";

/** Why a block of the README is not run by the walk. */
const reasons = ["needs-azure", "needs-docker", "needs-a-tailnet", "is-this-test"] as const;
type Reason = (typeof reasons)[number];

/** A block of shell commands. */
export interface Block {
  /** Line of the README that it begins at. */
  line: number;
  text: string;
  /** From a comment `<!-- walk: skip=REASON -->` before it; undefined for one that is run. */
  skip: Reason | undefined;
}

export interface Readme {
  blocks: Block[];
  /** What stands in backticks anywhere else. */
  inline: string[];
}

/** @throws Error for a comment that says what the walk does not know */
export function readReadme(text = readFileSync("README.md", "utf8")): Readme {
  const blocks: Block[] = [];
  const rest: string[] = [];
  let fence: { language: string; from: number; lines: string[] } | undefined;
  let skip: Reason | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const opening = /^```(\w*)/.exec(line);
    if (fence !== undefined && line === "```") {
      if (fence.language === "bash") blocks.push({ line: fence.from, text: fence.lines.join("\n"), skip });
      fence = undefined;
      skip = undefined;
    } else if (fence !== undefined) fence.lines.push(line);
    else if (opening !== null) fence = { language: opening[1] ?? "", from: index + 2, lines: [] };
    else if (line.startsWith("<!-- walk:")) skip = reasonOf(line);
    else rest.push(line);
  }
  return { blocks, inline: [...rest.join("\n").matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code) };
}

function reasonOf(line: string): Reason {
  const named = /^<!-- walk: skip=(\S+) -->$/.exec(line)?.[1];
  const found = reasons.find((reason) => reason === named);
  if (found === undefined) throw new Error(`README.md: the walk does not understand ${line}`);
  return found;
}
