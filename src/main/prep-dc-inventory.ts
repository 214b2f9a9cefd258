import { prepDcInventoryCommand } from "../commands/prep-dc-inventory.ts";
import { runProgram } from "./run-program.ts";

await runProgram((world) => prepDcInventoryCommand(world));
