// The README's Azure sections, command by command, against the fake Azure with real guests in it: `make e2e-azure`.
// Arguments: the stories to play (default: all). TRANSCRIPT names a file to keep what is said.
import { readmeCommand } from "./readme.ts";
import { setStage, type Stage } from "./stage.ts";
import { controllerCommand, destroyMx, provisionMx, showStatus } from "./story-mx.ts";
import { destroyDatacenter, makeNodes } from "./story-workers.ts";

const stories: Record<string, (stage: Stage) => Promise<void>> = {
  /** "Azure VMs", with the lab's cluster. */
  vms: async (stage) => {
    stage.transcript.note("Azure VMs, as workers of the lab's cluster");
    await stage.shell.type(readmeCommand("## The lab", "export KUBECONFIG="));
    await makeNodes(stage, {
      isLab: true,
      flags: [],
      controller: "bin/azure-controller --metrics-bind-address 0",
    });
    await destroyDatacenter(stage, []);
  },
  /** "Deploy MX Cluster in Azure", and "Azure VMs" as its workers. */
  mx: async (stage) => {
    const { lab, shell, transcript } = stage;
    await provisionMx(stage);
    transcript.note("Azure VMs, as workers of that cluster");
    await shell.type("CP_IP=$(tailscale ip -4 stargate-mx-cp)");
    const tailnet = [`--tailnet-url ${lab.headscaleUrl}`, `--tailnet-proxy ${lab.socksProxy}`];
    // The README's Azure VMs join ~/.kube/mx.conf.
    await shell.type("cp ~/.kube/mx-azure.conf ~/.kube/mx.conf");
    delete shell.env["TAILSCALE_AUTH_KEY"];
    await makeNodes(stage, { isLab: false, flags: tailnet, controller: controllerCommand(stage) });
    await showStatus(stage);
    await destroyDatacenter(stage, ["--kubeconfig ~/.kube/mx.conf", ...tailnet]);
    await shell.type("rm ~/.kube/mx.conf");
    await destroyMx(stage);
  },
  /** The cluster alone. */
  "mx-alone": async (stage) => {
    await provisionMx(stage);
    await showStatus(stage);
    await destroyMx(stage);
  },
};

const asked = process.argv.slice(2);
// Guests, namespaces and the lab go also when this run is ended from outside.
process.once("SIGTERM", () => void tidyUp()).once("SIGINT", () => void tidyUp());
await using stage = await setStage(process.env["TRANSCRIPT"]);
try {
  for (const name of asked.length === 0 ? ["vms", "mx"] : asked) {
    const play = stories[name];
    if (play === undefined)
      throw new Error(`there is no story "${name}": ${Object.keys(stories).join(", ")}`);
    await play(stage);
  }
  stage.transcript.note("Done");
} catch (error) {
  console.error(error);
  if (process.env["KEEP"] !== undefined) {
    console.error("kept until Ctrl-C or SIGTERM");
    await new Promise(() => setInterval(() => undefined, 60_000));
  }
  process.exitCode = 1;
}

async function tidyUp(): Promise<never> {
  await stage[Symbol.asyncDispose]();
  process.exit(130);
}
