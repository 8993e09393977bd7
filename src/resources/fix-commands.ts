/** The commands by which a person brings back what was changed behind a lab's back: with a shell where that is enough, else by the agent. */
import { shellLine } from "../net/shell-word.ts";
import { formatNamespace } from "../net/place.ts";
import { anotherDevice } from "./link-settings.ts";
import { commandLines, definitionOf, devicesOf } from "./definitions.ts";
import { Shell } from "./encode-kind.ts";
import type { Operation, Plan } from "./operation.ts";

/** What only the agent can put back, in the words of link-settings.ts: it depends on what the kernel has given to the device. */
const OF_THE_KERNEL = /: (?:address|route|the bridge's own forwarding entry) .* missing$/;

/**
 * One line of shell each. `remote`: the namespaces have no names where the command is typed. A device that a person makes again would not be
 * the lab's own, and what lives in the agent only the agent starts.
 */
export function fixCommands(
  { lab, userSpace = [] }: Pick<Plan, "lab" | "userSpace">,
  operation: Operation,
  remote = false,
): readonly string[] {
  const { action, resource, reason = "" } = operation;
  const { lives, script, encode, byAgentOnly } = definitionOf(resource);
  const shell = new Shell(lab);
  const differences = reason.split("; ");
  const isDevice = devicesOf(resource).length > 0;
  const byAgent =
    remote ||
    lives === "agent" ||
    script === "comment" ||
    byAgentOnly === true ||
    userSpace.includes(resource.id) ||
    (isDevice && (action === "create" || differences.some((text) => OF_THE_KERNEL.test(text))));
  const repair = shellLine("k8snet-lab", "repair", lab, resource.id);
  const other = devicesOf(resource).find(({ name }) => reason === anotherDevice(name));
  if (other !== undefined) {
    const place = { ...other, node: other.ns === resource.ns ? resource.node : other.ns };
    const remove = remote
      ? ["k8snet-lab", "exec", lab, formatNamespace(other.ns), "--", "ip"]
      : ["ip", "-n", shell.name(place)];
    return [shellLine(...remove, "link", "del", other.name), repair];
  }
  if (byAgent) return [repair];
  if (action === "delete") return commandLines(lab, operation);
  return encode.restore?.(resource, shell, reason) ?? commandLines(lab, operation);
}
