import { parse, parseAllDocuments, stringify } from "yaml";
import { z } from "zod";
import { readAsset } from "../lib/assets.ts";

const Plugin = z.object({ initContainer: z.looseObject({}), volume: z.looseObject({}) });
const DaemonSet = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        initContainers: z.array(z.looseObject({})),
        containers: z.tuple([
          z.looseObject({
            args: z.array(z.string()),
            env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
          }),
        ]),
        volumes: z.array(z.looseObject({})),
      }),
    }),
  }),
});

/**
 * The lab's Flannel, for MX in a container. There it must send by the tailnet's interface, which workers have not: they
 * send by the one that leads to MX. It asks the API server at its tailnet address, as service addresses need kube-proxy.
 */
export function renderFlannel(address: string): string {
  return parseAllDocuments(readAsset("lab/addons/flannel.yaml"))
    .map((document) => {
      const object: unknown = document.toJS();
      return stringify(document.get("kind") === "DaemonSet" ? adaptDaemonSet(object, address) : object);
    })
    .join("---\n");
}

function adaptDaemonSet(object: unknown, address: string): object {
  const plugin = Plugin.parse(parse(readAsset("mx-kind/flannel-plugin.yaml")));
  const daemonSet = DaemonSet.parse(object);
  const { spec } = daemonSet.spec.template;
  const [flannel] = spec.containers;
  flannel.args.push("--iface=tailscale0", `--iface-can-reach=${address}`);
  for (const variable of flannel.env) {
    if (variable.name === "KUBERNETES_SERVICE_HOST") variable.value = address;
    if (variable.name === "KUBERNETES_SERVICE_PORT") variable.value = "6443";
  }
  spec.initContainers.unshift(plugin.initContainer);
  spec.volumes.push(plugin.volume);
  return daemonSet;
}
