/** Virtual servers: `ipvsadm`. */
import type { Action } from "../../plan/operation.ts";
import type { IpvsResource } from "../../plan/resource.ts";
import { ipvsLines } from "../ipvs-lines.ts";
import type { KindEncoder, Shell } from "../kind.ts";

function lines(action: Action, ipvs: IpvsResource, before: IpvsResource | undefined, shell: Shell): readonly string[] {
  return ipvsLines(action, ipvs, before).map((line) => shell.exec(ipvs, "ipvsadm", ...line.split(" ")));
}

export const ipvsEncoder: KindEncoder<"ipvs"> = {
  create: (ipvs, shell) => lines("create", ipvs, undefined, shell),
  update: (ipvs, before, shell) => lines("update", ipvs, before, shell),
  remove: (ipvs, shell) => lines("delete", ipvs, undefined, shell),
};
