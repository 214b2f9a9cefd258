// What an Operation adds to what nobody can do without: importing the images and `kubeadm join`, until the node is
// Ready. Two guests alike, one after the other. Run: node bench/bootstrap/bootstrap.ts
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BenchLab } from "./bench-lab.ts";
import { joinBare } from "./join-bare.ts";

const TARGET = 1.2;

async function main(): Promise<void> {
  const stateDir = await mkdtemp(join(tmpdir(), "stargate-bench-"));
  const lab = new BenchLab(stateDir);
  try {
    await lab.up();
    const script = readFileSync(join(import.meta.dirname, "bare-join.sh"), "utf8");
    const bare = await joinBare(lab, script);
    const operation = await lab.repave(lab.workers[1]);
    for (const [what, ms] of [...Object.entries(bare), ["operation", operation] as const]) {
      console.log(`${what.padEnd(12)} ${(ms / 1000).toFixed(1).padStart(7)} s`);
    }
    const ratio = operation / Object.values(bare).reduce((sum, one) => sum + one, 0);
    console.log(`an Operation takes ${ratio.toFixed(2)} times import, join and Ready (target: ${TARGET})`);
  } finally {
    await lab.destroy();
    await rm(stateDir, { recursive: true, force: true });
  }
}

await main();
