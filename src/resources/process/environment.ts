/** The whole environment that a process is started with. */
import type { ProcessResource } from "./definition.ts";

export function processEnvironment(
  process: Pick<ProcessResource, "env" | "startEnv">,
): Readonly<Record<string, string>> {
  return { ...process.startEnv, ...process.env };
}
