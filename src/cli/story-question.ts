/** What a trace sends: a question of the command line or of the screen, as one probe from a place of a running lab. */
import { askedChecks } from "../checks/asked-checks.ts";
import { kindOf } from "../checks/registry.ts";
import { UsageError } from "../errors.ts";
import type { Lab } from "../lab/lab.ts";
import type { StoryQuestion } from "../story/tell.ts";
import { resolveTarget } from "../targets/parse-target.ts";
import { probeChecks, type ProbeQuestion } from "./probe-checks.ts";

/** Throws UsageError for what the lab does not have, and for what is not one packet. `source`: who asks. */
export function storyQuestion(
  lab: Lab,
  from: string,
  to: string | undefined,
  asked: Omit<ProbeQuestion, "from" | "to">,
  source: string,
): StoryQuestion {
  const [doc] = probeChecks({ ...asked, from: [from], to: to === undefined ? [] : [to] });
  if (doc === undefined || "reach" in doc)
    throw new UsageError("trace follows one packet", `a matrix: k8snet-lab probe ${lab.name} ${from} ${to ?? ""}`);
  const [check] = askedChecks(lab, [doc], source);
  const target = resolveTarget(lab, from);
  const family = asked.family === "both" ? undefined : asked.family;
  const found =
    check === undefined ? undefined : kindOf(check).request?.(check, target, family ?? check.families[0] ?? "ipv4");
  if (found === undefined) throw new UsageError("nothing to send", "TARGET:PORT for TCP, TARGET alone for a ping");
  if ("problem" in found) throw new UsageError(found.problem, "choose another family, or another destination");
  return { from: target, to: found.to, probe: found.probe };
}
