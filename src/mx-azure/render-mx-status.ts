import { renderTable } from "../lib/table.ts";
import type { MxStatus } from "./read-mx-status.ts";

/** The status as a table of one row. Pure. */
export function renderMxStatus({ name, power, report, device }: MxStatus): string {
  const columns: [title: string, value: string | undefined][] = [
    ["NAME", name],
    ["POWER", power],
    ["STAGE", report?.stage],
    ["NODE", report?.nodeStatus],
    ["NODES READY", report === undefined ? undefined : `${report.nodesReady}/${report.nodes}`],
    ["KUBERNETES", report?.kubernetes],
    ["KUBELET", report?.kubelet],
    ["CONTAINERD", report?.containerd],
    ["TAILSCALE", report?.tailscale],
    ["TAILNET", describeDevice(device) ?? report?.tailnetAddress],
  ];
  return renderTable(
    columns.map(([title]) => title),
    [columns.map(([, value]) => value ?? "-")],
  );
}

function describeDevice(device: MxStatus["device"]): string | undefined {
  if (device === undefined || device === "missing") return device;
  return `${device.address} (${device.online ? "online" : "offline"})`;
}
