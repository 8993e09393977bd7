/** The registry of methods: what the agent does for each request. A missing method does not compile. */
import type { MethodTable } from "./connection.ts";
import type { LabSession } from "./lab-session.ts";
import { labMethods } from "./methods-lab.ts";
import { programMethods } from "./methods-program.ts";
import { trafficMethods } from "./methods-traffic.ts";

export function methodTable(session: LabSession): MethodTable {
  return { ...labMethods(session), ...programMethods(session), ...trafficMethods(session) } satisfies MethodTable;
}
