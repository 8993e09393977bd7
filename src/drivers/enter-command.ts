/** How a command with this terminal gets into a namespace of a lab: as the lab's agent says. */
import { readlinkSync } from "node:fs";
import type { AgentClient } from "../agent/client.ts";
import type { TargetPlace } from "../net/place.ts";
import type { DriverCommand } from "./driver.ts";

export async function enterCommand(
  client: AgentClient,
  place: TargetPlace,
  argv: readonly string[],
): Promise<DriverCommand> {
  const { argv: prefix, env } = await client.call("enter", { ...place, cwd: process.cwd() });
  const [file, ...args] = [...prefix.filter((word) => !isOwnUserNamespace(word)), ...argv];
  if (file === undefined) throw new Error("the agent did not return a command");
  return { file, args, env };
}

/** From a shell of a rootless lab: setns(2) refuses (EINVAL) the user namespace that the caller is in. */
function isOwnUserNamespace(word: string): boolean {
  const path = /^--user=(\/proc\/\d+\/ns\/user)$/.exec(word)?.[1];
  try {
    return path !== undefined && readlinkSync(path) === readlinkSync("/proc/self/ns/user");
  } catch {
    return false;
  }
}
