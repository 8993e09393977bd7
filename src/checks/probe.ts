/** One probe through the agent. */
import { LabError } from "../errors.ts";
import type { Probe, ProbeResult } from "../services/probe/protocol.ts";
import type { RunContext } from "./kind.ts";

export async function probeOnce(context: RunContext, probe: Probe): Promise<ProbeResult> {
  const { results } = await context.client.call("probe", { probes: [probe] });
  const [result] = results;
  if (result === undefined)
    throw new LabError("EAGENT", 70, "the agent answered a probe without a result", {
      hint: "run it again with --debug and report it",
    });
  return result;
}
