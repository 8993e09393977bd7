/** VXLAN devices. */
import type { VxlanResource } from "./definition.ts";
import type { KindEncoder } from "../encode-kind.ts";
import { addWords, enableLines, restoreLines, setLines } from "../encode-link-settings.ts";

export const vxlanEncoder: KindEncoder<VxlanResource> = {
  create: (vxlan, shell) => [
    shell.ip(
      vxlan,
      "link",
      "add",
      vxlan.name,
      ...addWords(vxlan),
      "type",
      "vxlan",
      "id",
      vxlan.vni,
      "dstport",
      vxlan.port,
      ...(vxlan.local === undefined ? [] : ["local", vxlan.local]),
      ...(vxlan.remote === undefined ? [] : ["remote", vxlan.remote]),
      ...(vxlan.dev === undefined ? [] : ["dev", vxlan.dev]),
      vxlan.learn ? "learning" : "nolearning",
    ),
    ...enableLines(vxlan, shell),
  ],
  update: (vxlan, _before, shell) => setLines(vxlan, shell),
  restore: restoreLines,
  remove: (vxlan, shell) => [shell.ip(vxlan, "link", "del", vxlan.name)],
};
