/** Forwarding entries: `bridge fdb`; of a VXLAN itself (with `dst`) or of the bridge that the device is a port of. */
import type { FdbResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function line(verb: string, fdb: FdbResource, shell: Shell): string {
  return shell.bridge(
    fdb,
    "fdb",
    verb,
    fdb.mac,
    "dev",
    fdb.dev,
    ...(fdb.dst === undefined ? ["master", "static"] : ["dst", fdb.dst, "self", "permanent"]),
  );
}

export const fdbEncoder: KindEncoder<FdbResource> = {
  // Several remotes of the all-zero MAC coexist.
  create: (fdb, shell) => [line(fdb.mac === "00:00:00:00:00:00" ? "append" : "replace", fdb, shell)],
  update: (fdb, _before, shell) => [line("replace", fdb, shell)],
  remove: (fdb, shell) => [
    shell.bridge(
      fdb,
      "fdb",
      "del",
      fdb.mac,
      "dev",
      fdb.dev,
      ...(fdb.dst === undefined ? ["master"] : ["dst", fdb.dst, "self"]),
    ),
  ],
};
