/** Which lab the words being completed refer to: a running one, a lab file, or manifests. */
import { within } from "../../agent/within.ts";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import type { CliContext } from "../context.ts";
import { parseLabArgument } from "../lab-argument.ts";
import type { Candidate } from "./lab-candidates.ts";

/** Milliseconds until an agent that does not answer is given up on: Tab must respond at once. */
const AGENT_LIMIT = 1000;

export async function labNames(): Promise<readonly Candidate[]> {
  const { loadDrivers } = await import("../driver.ts");
  const lists = (await loadDrivers({})).map((driver) => within(driver.list(), AGENT_LIMIT, []));
  return (await Promise.all(lists))
    .flat()
    .map(({ name, state, driver }): Candidate => [
      name,
      `lab, ${state}${driver === "docker" ? ", in containers" : ""}`,
    ]);
}

/** The lab as it runs; where none does, or its agent does not answer, as its file has it. Throws when there is neither. */
export async function labToComplete(text: string, context: CliContext): Promise<Lab> {
  const { withLab } = await import("../with-lab.ts");
  const running = await within(
    withLab(text, {}, context, ({ lab }) => lab).catch(() => undefined),
    AGENT_LIMIT,
    undefined,
  );
  if (running !== undefined) return running;
  const argument = parseLabArgument(text, context.cwd);
  const files = argument.kind === "file" ? [argument.file] : [`${argument.name}.yaml`, `labs/${argument.name}.yaml`];
  const file = files.find((path) => existsSync(resolve(context.cwd, path)));
  const { loadFile } = await import("../load-file.ts");
  return (await loadFile(file ?? text, context)).lab;
}

/** `filename`, `cluster`: values of the options; stdin is not read. */
export async function labOfManifests(
  filename: readonly string[],
  cluster: readonly string[],
  context: CliContext,
): Promise<Lab | undefined> {
  if ((filename.length === 0 && cluster.length === 0) || filename.includes("-")) return undefined;
  const { loadManifests } = await import("../policy/load-manifests.ts");
  return (await loadManifests({ filename, cluster }, context, { quiet: true })).lab;
}
