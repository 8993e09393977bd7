/**
 * Starts the agent of `up` before the command line is loaded, which takes half as long as the agent does. Part of
 * scripts/launcher.cjs. Only where nothing has to be asked first; a process that does not need it ends it by exiting (workflow/start-ahead.ts).
 */
import { ROOT_PARENT } from "../agent/state-parent.ts";
import { agentCommand, keepEarlyAgent, spawnAgent } from "./agent-program.ts";
import { defaultDriver } from "./default-driver.ts";
import { isBusy } from "../agent/busy.ts";

/** Options that request another driver, or no lab at all. */
const OTHERWISE = /^(?:-h|--help|--dry-run|--driver|--context|--engines?|--underlay)(?:=|$)/;

export function startEarly([command, ...args]: readonly string[]): void {
  if (command !== "up" || args.length === 0 || args.some((word) => OTHERWISE.test(word))) return;
  if (process.getuid?.() !== 0 || defaultDriver() !== "netns" || isBusy()) return;
  const child = spawnAgent(agentCommand(ROOT_PARENT));
  if (child.pid === undefined) child.once("error", () => {});
  else keepEarlyAgent(child);
}
