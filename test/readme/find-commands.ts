/** One command of a shell text, as words. What only the shell knows stands as "$". */
export type Words = readonly string[];

/**
 * The commands of a shell text that run `program`s of ours, those inside $(…) too. Knows as much of the shell as a
 * README uses: quotes, continued lines, comments, here-documents, and what stands between commands.
 */
export function findCommands(text: string): Words[] {
  const inner: string[] = [];
  const flat = text
    .replaceAll("\\\n", " ")
    .replaceAll(/<<-?\s*'?(\w+)'?\n[\s\S]*?\n\1(?=\n|$)/g, "")
    .replaceAll(/(^|\s)#.*$/gm, "")
    .replaceAll(/\$\(([^()]*)\)/g, (_all, command: string) => {
      inner.push(command);
      return "$";
    });
  const commands = flat.split(/\n|;|&&|\|\|?|&(?!>)/).map(wordsOf);
  return [...commands, ...inner.flatMap((command) => findCommands(command))]
    .map(withoutPrefix)
    .filter(([program = ""]) => /^(bin\/|scripts\/|make$)/.test(program));
}

function wordsOf(command: string): string[] {
  const words = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) =>
    word
      .replaceAll(/["']/g, "")
      .replaceAll(/\$\{?\w+\}?/g, "$")
      .replaceAll("…", "$"),
  );
}

/** Without what stands before a program: variables for it alone, sudo. */
function withoutPrefix(words: Words): Words {
  const start = words.findIndex((word) => !/^(sudo|-E|export|\w+=.*)$/.test(word));
  return start < 0 ? [] : words.slice(start);
}
