import { Command } from "commander";
import { cleanAllCommand } from "../commands/clean-all.ts";
import { controllersCommand } from "../commands/controllers.ts";
import { demoCommand } from "../commands/demo.ts";
import { doctorCommand } from "../commands/doctor.ts";
import { installCrdsCommand } from "../commands/install-crds.ts";
import { labCommand } from "../commands/lab.ts";
import { logsCommand } from "../commands/logs.ts";
import { mxCommand } from "../commands/mx.ts";
import { repaveCommand } from "../commands/repave.ts";
import { rolloutCommand } from "../commands/rollout.ts";
import { toolchainCommand } from "../commands/toolchain.ts";
import { runProgram } from "./run-program.ts";

await runProgram((world) =>
  new Command("stargate")
    .description("Turns machines in many places into Kubernetes workers of one cluster")
    .addCommand(cleanAllCommand(world))
    .addCommand(controllersCommand(world))
    .addCommand(demoCommand(world))
    .addCommand(doctorCommand(world))
    .addCommand(installCrdsCommand(world))
    .addCommand(labCommand(world))
    .addCommand(logsCommand(world))
    .addCommand(mxCommand(world))
    .addCommand(repaveCommand(world))
    .addCommand(rolloutCommand(world))
    .addCommand(toolchainCommand(world)),
);
