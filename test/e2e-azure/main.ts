// The README's Azure sections, command by command, against the fake Azure with real guests in it: `make e2e-azure`.
// Arguments: the stories to play (default: all). TRANSCRIPT names a file to keep what is said.
import { setStage } from "./stage.ts";
import { destroyMx, provisionMx, showStatus } from "./story-mx.ts";

const stories = process.argv.slice(2);

await using stage = await setStage(process.env["TRANSCRIPT"]);
try {
  if (stories.length === 0 || stories.includes("mx")) {
    await provisionMx(stage);
    await showStatus(stage);
    await destroyMx(stage);
  }
  stage.transcript.note("Done");
} catch (error) {
  console.error(error);
  if (process.env["KEEP"] !== undefined) {
    console.error("kept until Ctrl-C or SIGTERM");
    await new Promise((resolve) => process.once("SIGTERM", resolve).once("SIGINT", resolve));
  }
  process.exitCode = 1;
}
