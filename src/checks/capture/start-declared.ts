/** Starts the captures that the lab declares, before any check sends traffic. */
import type { AgentClient } from "../../agent/client.ts";
import { lessThanAsked } from "../../capture/less-than-asked.ts";
import { LabError } from "../../errors.ts";
import type { Lab } from "../../lab/lab.ts";

/** Running ones continue. Resolves with why some do not run; throws when the agent is gone. */
export async function startCaptures(
  lab: Lab,
  client: AgentClient,
  warn: (text: string) => void,
): Promise<ReadonlyMap<string, Error>> {
  const problems = new Map<string, Error>();
  const declared = lab.captures.reduce((sum, { at }) => sum + at.length, 0);
  await Promise.all(
    lab.captures.map(async ({ name, at, filter, snaplen, keep }) => {
      try {
        const places = at.map(({ ns, iface }) => ({ ns, iface }));
        const { files } = await client.call("captureStart", { name, at: places, filter, snaplen, declared, keep });
        const less = lessThanAsked(files, keep);
        if (less !== undefined) warn(`capture ${name}: ${less}`);
      } catch (error) {
        if (!(error instanceof LabError) || error.code === "EAGENT" || error.code === "EBUG") throw error;
        problems.set(name, error);
        warn(`${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`);
      }
    }),
  );
  return problems;
}
