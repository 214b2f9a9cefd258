import type { Device, Tailnet } from "../../tailnet/tailnet.ts";

/** A tailnet in memory: routes are approved as real ones are, by replacing the list. Everything else is refused. */
export class FakeTailnet implements Tailnet {
  readonly description = "a tailnet of this test";
  readonly loginServer = undefined;
  devices: Device[];
  /** Thrown by the next calls of this name, one each. */
  readonly errors: { listDevices: Error[]; approveRoutes: Error[] } = { listDevices: [], approveRoutes: [] };
  /** Every list that was approved. */
  readonly approved: string[][] = [];
  asked = 0;

  constructor(...devices: Device[]) {
    this.devices = devices;
  }

  async listDevices(signal?: AbortSignal): Promise<Device[]> {
    signal?.throwIfAborted();
    this.asked++;
    const error = this.errors.listDevices.shift();
    if (error !== undefined) throw error;
    return Promise.resolve(structuredClone(this.devices));
  }

  async approveRoutes(deviceId: string, routes: readonly string[]): Promise<void> {
    const error = this.errors.approveRoutes.shift();
    if (error !== undefined) throw error;
    this.approved.push([...routes]);
    this.devices = this.devices.map((device) =>
      device.id === deviceId
        ? {
            ...device,
            enabledRoutes: [...routes],
            primaryRoutes: routes.filter((route) => device.advertisedRoutes.includes(route)),
          }
        : device,
    );
    return Promise.resolve();
  }

  /** Changes the device of that name, as somebody else would. */
  change(hostname: string, change: Partial<Device>): void {
    this.devices = this.devices.map((device) =>
      device.hostname === hostname ? { ...device, ...change } : device,
    );
  }

  readonly checkAccess = notExpected;
  readonly createRouterKey = notExpected;
  readonly revokeRouterKey = notExpected;
  readonly listRouterKeys = notExpected;
  readonly deleteDevice = notExpected;
}

async function notExpected(): Promise<never> {
  return Promise.reject(new Error("not expected of this tailnet"));
}
