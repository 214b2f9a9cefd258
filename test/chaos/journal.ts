import { POWER_CUT } from "./chaos-host.ts";

interface Entry {
  uid: string;
  step: string;
  what: string;
}

/**
 * Pure: what a host's journal says of steps that ran twice, or two at once. A step may begin again after it failed,
 * and after the host went down; nothing else gives it another beginning. On a disk that was full, `mayLackLines`.
 */
export function findDoubleWork(
  journal: string,
  { stoppedUids, mayLackLines }: { stoppedUids: ReadonlySet<string>; mayLackLines: boolean },
): string[] {
  const wrong: string[] = [];
  const done = new Set<string>();
  let running: Entry | undefined;
  for (const entry of entriesOf(journal)) {
    const { uid, step, what } = entry;
    const key = `${uid} ${step}`;
    if (step === POWER_CUT || step === "reboot-host") {
      running = undefined;
      if (step === "reboot-host" && done.has(key)) wrong.push(`restarted twice: ${key}`);
      done.add(key);
      continue;
    }
    if (what === "started") {
      if (done.has(key)) wrong.push(`done, and begun again: ${key}`);
      if (running !== undefined && !stoppedUids.has(running.uid) && !mayLackLines) {
        wrong.push(`begun while ${running.uid} ${running.step} was running: ${key}`);
      }
      running = entry;
      continue;
    }
    if (running?.uid === uid && running.step === step) running = undefined;
    if (what === "ended 0" || what === "ended 100") done.add(key);
  }
  return wrong;
}

/** How often a step came to its end well, of all Operations. */
export function countDone(journal: string, step: string): number {
  return entriesOf(journal).filter((entry) => entry.step === step && entry.what === "ended 0").length;
}

function entriesOf(journal: string): Entry[] {
  return journal
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, uid = "", step = "", ...what] = line.split(" ");
      return { uid, step, what: what.filter((word) => !/^\d+s$/.test(word)).join(" ") };
    });
}
