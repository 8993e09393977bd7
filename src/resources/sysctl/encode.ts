/** Sysctls, as seen from inside the namespace. The previous value is not known, so nothing is restored. */
import type { SysctlResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { printable } from "../../printable.ts";

function write(sysctl: SysctlResource, shell: Shell): readonly string[] {
  const line = shell.exec(sysctl, "sysctl", "-qw", `${sysctl.key}=${sysctl.value}`);
  return [sysctl.optional === true ? `${line} || true` : line];
}

export const sysctlEncoder: KindEncoder<SysctlResource> = {
  create: (sysctl, shell) => write(sysctl, shell),
  update: (sysctl, _before, shell) => write(sysctl, shell),
  remove: (sysctl, shell) => [
    `# ${printable(`${sysctl.key} in ${shell.name(sysctl)} stays as it is: its previous value is not known`)}`,
  ],
};
