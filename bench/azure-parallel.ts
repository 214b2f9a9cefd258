// How much of a datacenter's time in Azure is waiting in line: ten workers that boot at different speeds, against the
// slowest of them alone with its whole chain (network, router, interface, VM, first boot, host key). In the fake Azure,
// ten times as fast as it. Prints the ratio; exit code 1 where it is above the limit.
import { measureDatacenter } from "../test/azure/measure-datacenter.ts";
import { ScriptedGuest } from "../test/azure/scripted-guest.ts";
import type { VmView } from "../test/azure/fake-arm/compute/vm-backend.ts";

const LIMIT = 1.5;
const names = Array.from({ length: 10 }, (_, index) => `worker-${index + 1}`);

/** worker-10 is the slowest: so many times its run-command finds cloud-init still at work. */
function makeGuest(vm: VmView): ScriptedGuest {
  const guest = new ScriptedGuest(vm);
  const [, number] = /^worker-(\d+)$/.exec(vm.name) ?? [];
  guest.bootingFor = Math.ceil(Number(number ?? 1) / 3);
  return guest;
}

const alone = await measureDatacenter(names.slice(-1), makeGuest);
const together = await measureDatacenter(names, makeGuest);
const ratio = together / alone;
console.log(`the slowest worker's chain alone  ${alone.toFixed(0).padStart(5)} s of Azure's time`);
console.log(`ten workers                       ${together.toFixed(0).padStart(5)} s`);
console.log(`ratio                             ${ratio.toFixed(2).padStart(5)}  (at most ${LIMIT})`);
process.exitCode = ratio <= LIMIT ? 0 : 1;
