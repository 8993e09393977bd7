/** Sysctls, as seen from inside the namespace. What was there before is not known, so nothing is put back. */
import type { SysctlResource } from "../../plan/resource.ts";
import type { KindEncoder, Shell } from "../kind.ts";
import { commentText } from "../shell-word.ts";

function write(sysctl: SysctlResource, shell: Shell): readonly string[] {
  return [shell.exec(sysctl, "sysctl", "-qw", `${sysctl.key}=${sysctl.value}`)];
}

export const sysctlEncoder: KindEncoder<"sysctl"> = {
  create: (sysctl, shell) => write(sysctl, shell),
  update: (sysctl, _before, shell) => write(sysctl, shell),
  remove: (sysctl, shell) => [
    `# ${commentText(`${sysctl.key} in ${shell.name(sysctl)} stays as it is: what it was before is not known`)}`,
  ],
};
