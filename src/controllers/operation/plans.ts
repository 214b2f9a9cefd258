import type { OperationType } from "../../api/v1alpha1/operation.ts";
import { deprovision } from "./deprovision.ts";
import { reboot } from "./reboot.ts";
import { repave } from "./repave.ts";
import type { Plan } from "./run.ts";

/** What each kind of Operation does. */
export const plans: Readonly<Record<OperationType, Plan>> = { repave, reboot, deprovision };
