/** What a matrix without an expectation should be: a pod in which nothing listens on the port refuses, and the network has not failed. */
import type { ReachCheck } from "../checks/reach/resolve.ts";
import type { Check } from "../lab/check.ts";
import type { Lab } from "../lab/lab.ts";
import type { Target } from "../net/target.ts";
import { planHealthy } from "../plan/plan-lab.ts";
import { definitionOf } from "../resources/definitions.ts";
import { isNetns } from "../resources/netns/definition.ts";

function isReach(check: Check): check is ReachCheck {
  return check.kind === "reach";
}

/** The same checks, and the destinations that are expected to refuse. A program of the lab file may listen anywhere: it is expected to answer. */
export function withRefusals(
  lab: Lab,
  checks: readonly Check[],
): { readonly checks: readonly Check[]; readonly refusing: readonly string[] } {
  if (!checks.some(isReach)) return { checks, refusing: [] };
  const resources = planHealthy(lab);
  const places = new Set(resources.filter(isNetns).map(({ ns }) => ns));
  const refusing = new Set<string>();
  const refuses = ({ ns, text }: Target, { port, protocol }: ReachCheck): boolean => {
    if (!places.has(ns) || port === undefined) return false;
    const wanted = protocol === "http" ? "tcp" : protocol;
    const answers = resources.some((one) => {
      const { starts, lives } = definitionOf(one);
      if (one.ns !== ns || starts !== true || lives !== "agent") return false;
      return !("port" in one && "protocol" in one) || (one.port === port && one.protocol === wanted);
    });
    if (!answers) refusing.add(text);
    return !answers;
  };
  const expecting = checks.map((check): Check => {
    if (!isReach(check)) return check;
    const refused = check.to.map((to) => refuses(to, check));
    const expect = check.expect.map((row) => row.map((one, j) => (one === "open" && refused[j] === true ? "refused" : one))); // prettier-ignore
    return { ...check, expect } as ReachCheck;
  });
  return { checks: expecting, refusing: [...refusing] };
}
