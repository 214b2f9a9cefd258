import { ArmError } from "../core/arm-error.ts";
import type { Settings } from "../settings.ts";

/** Which rights the principal lacks. */
export class Access {
  readonly #settings: Settings;
  readonly #denied: { action: RegExp; scope: RegExp }[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Actions that match are refused, for instance /^Microsoft\.Compute\/virtualMachines\/write$/; on some scopes only. */
  deny(action: RegExp, scope = /^/): void {
    this.#denied.push({ action, scope });
  }

  grantAll(): void {
    this.#denied.length = 0;
  }

  check(action: string, scope: string): void {
    if (!this.#denied.some((denied) => denied.action.test(action) && denied.scope.test(scope))) return;
    const { clientId } = this.#settings;
    throw new ArmError(
      403,
      "AuthorizationFailed",
      `The client '${clientId}' with object id '${clientId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    );
  }
}
