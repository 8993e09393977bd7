/** Virtual servers: `ipvsadm`. */
import type { Action } from "../operation.ts";
import type { IpvsResource } from "./definition.ts";
import { ipvsLines } from "./lines.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function lines(action: Action, ipvs: IpvsResource, before: IpvsResource | undefined, shell: Shell): readonly string[] {
  return ipvsLines(action, ipvs, before).map((line) => shell.exec(ipvs, "ipvsadm", ...line.split(" ")));
}

export const ipvsEncoder: KindEncoder<IpvsResource> = {
  create: (ipvs, shell) => lines("create", ipvs, undefined, shell),
  update: (ipvs, before, shell) => lines("update", ipvs, before, shell),
  remove: (ipvs, shell) => lines("delete", ipvs, undefined, shell),
};
