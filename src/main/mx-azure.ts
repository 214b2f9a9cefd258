import { mxAzureCommand } from "../commands/mx-azure.ts";
import { runProgram } from "./run-program.ts";

await runProgram((world) => mxAzureCommand(world));
