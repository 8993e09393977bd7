/** How a command with this terminal gets into a namespace of a lab: as the lab's agent says. */
import type { AgentClient } from "../agent/client.ts";
import type { TargetPlace } from "../model/target-place.ts";
import type { DriverCommand } from "./driver.ts";

export async function enterCommand(
  client: AgentClient,
  place: TargetPlace,
  argv: readonly string[],
): Promise<DriverCommand> {
  const { argv: prefix, env } = await client.call("enter", { ...place, cwd: process.cwd() });
  const [file, ...args] = [...prefix, ...argv];
  if (file === undefined) throw new Error("the agent gave no command");
  return { file, args, env };
}
