import { createControllerCommand } from "../commands/controller.ts";
import { runProgram } from "./run-program.ts";

await runProgram((world) => createControllerCommand("qemu", world));
