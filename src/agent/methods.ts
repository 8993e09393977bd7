/** The registry of methods: what the agent does for each request. A missing method does not compile. */
import type { MethodTable } from "./connection.ts";
import type { AdoptedLab } from "./adopted-lab.ts";
import type { LabSession } from "./lab-session.ts";
import { labMethods } from "./methods-lab.ts";
import { machineMethods } from "./methods-machine.ts";
import { programMethods } from "./methods-program.ts";
import { trafficMethods } from "./methods-traffic.ts";

export function methodTable(session: LabSession<AdoptedLab>): MethodTable {
  return {
    ...labMethods(session),
    ...programMethods(session),
    ...trafficMethods(session),
    ...machineMethods(session),
  } satisfies MethodTable;
}
