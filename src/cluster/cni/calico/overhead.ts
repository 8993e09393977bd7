/** Bytes that Calico puts around a pod's packet: of the tunnel that any pool has, even if it is used between subnets only. */
import type { Family } from "../../../net/family.ts";
import { tunnelsOf } from "./encapsulation.ts";
import type { CalicoModel } from "./model.ts";

export function overhead({ pools }: Pick<CalicoModel, "pools">, family: Family): number {
  return Math.max(0, ...tunnelsOf(pools).flatMap((one) => (one.family === family ? [one.overhead] : [])));
}
