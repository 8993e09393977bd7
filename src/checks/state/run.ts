/** state: a route, neighbour, forwarding entry, rule, address, link, sysctl or iptables rule is there, or is not. */
import { count } from "../../counting.ts";
import { formatNamespace } from "../../net/place.ts";
import type { StateCheck } from "./resolve.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import { placeOf } from "../../targets/target-place.ts";
import type { ObservedState } from "../../resources/observed.ts";
import type { RunContext, CheckFinding } from "../kind.ts";
import { runLegs } from "../leg.ts";
import type { Leg, LegLook } from "../leg.ts";
import { execCommand } from "../reproduce.ts";
import { stateEntries } from "./entries.ts";
import { rankEntries } from "./match.ts";
import { differencesInList, formatFact, listFacts } from "../../why/differences.ts";
import { within } from "../wording.ts";
import { labPods } from "../../cluster/lab-clusters.ts";
import { objectKey } from "../../net/object-ref.ts";

const SHOWN_ENTRIES = 3;

export async function run(check: StateCheck, context: RunContext): Promise<CheckFinding> {
  const key = check.match.split("=")[0]?.trim() ?? "";
  const observe = (from: Target): Promise<ObservedState> =>
    context.client.observe({
      namespaces: [from.ns],
      applied: "there",
      ...(check.what === "sysctl" ? { sysctls: { [from.ns]: [key] } } : {}),
    });
  const legs = check.from.map((from): Leg => ({
    label: `${formatNamespace(from.ns)}: ${check.what} ${check.match}`,
    reproduce: execCommand(context.lab, placeOf(from), COMMANDS[check.what](key)),
    investigate: async () => {
      const found = differencesInList(await observe(from), from.ns, check.what);
      const meant = found.filter(({ text }) => check.what !== "sysctl" || text.startsWith(`${key} `));
      return { differs: listFacts(meant.map(formatFact)), proved: meant.length > 0 };
    },
    look: async () => {
      const { namespaces } = await observe(from);
      const observed = namespaces[from.ns];
      if (observed === undefined || !observed.exists)
        return { ok: false, got: `namespace ${formatNamespace(from.ns)} is gone` };
      const match = withPorts(context.lab, check.match);
      if (typeof match !== "string") return { ok: false, final: true, got: match.problem };
      return judgeState(stateEntries(observed, check.what), { ...check, match }, from.iface);
    },
  }));
  const expected = `${check.what} "${check.match}" is ${check.present ? "" : "not "}there in ${check.from.map((from) => from.text).join(", ")} ${within(check)}`;
  return runLegs(check, context, legs, { expected, negative: context.negative, overlap: false });
}

/** `pod/web` and `pod/shop/db` in a match refer to the pod's port on its node. */
function withPorts(lab: Lab, match: string): string | { readonly problem: string } {
  let problem: string | undefined;
  const text = match.replaceAll(
    /(?<=^|\s)([a-z0-9-]+\.)?pod\/(\S+)/g,
    (_, prefix: string | undefined, name: string) => {
      const full = `${prefix ?? ""}${name.includes("/") ? name : `default/${name}`}`;
      const pod = labPods(lab).find((one) => objectKey(one) === full && !one.hostNetwork);
      problem ??= pod === undefined ? `there is no pod ${full} with a port of its own` : undefined;
      return pod?.vethName ?? name;
    },
  );
  return problem === undefined ? text : { problem };
}

/** `iface`: only entries that name this device. */
export function judgeState(
  entries: readonly string[],
  check: Pick<StateCheck, "what" | "match" | "present">,
  iface?: string,
): LegLook {
  const ranked = rankEntries(
    entries,
    iface === undefined ? check.match : `${check.match} ${check.what === "link" ? "" : "dev "}${iface}`,
    check.what,
  );
  const [best] = ranked;
  const found = best !== undefined && best.missing.length === 0;
  if (found) return { ok: check.present, got: best.entry };
  if (!check.present) return { ok: true, got: `not there (${count(entries.length, "entry", "entries")} looked at)` };
  // An entry that shares nothing with the match does not help.
  const words = check.match.split(/\s+/).length;
  const near = ranked.filter((one) => one.missing.length < words).slice(0, SHOWN_ENTRIES);
  if (near.length === 0)
    return {
      ok: false,
      got:
        entries.length === 0
          ? `not there: no ${check.what} at all`
          : `not there; first of ${entries.length}: ${entries.slice(0, SHOWN_ENTRIES).join(" | ")}`,
    };
  return {
    ok: false,
    got: `not there; closest: ${near.map((one) => `${one.entry} (lacks ${one.missing.join(", ")})`).join(" | ")}`,
  };
}

/** The command with which a user sees the same. */
const COMMANDS = {
  route: () => ["sh", "-c", "ip route show table all; ip -6 route show table all"],
  rule: () => ["sh", "-c", "ip rule; ip -6 rule"],
  neigh: () => ["sh", "-c", "ip neigh; ip neigh show proxy"],
  fdb: () => ["bridge", "fdb"],
  addr: () => ["ip", "addr"],
  link: () => ["ip", "-d", "link"],
  iptables: () => ["sh", "-c", "iptables-save; ip6tables-save"],
  sysctl: (key: string) => ["sysctl", key],
} as const satisfies Record<StateCheck["what"], (key: string) => readonly string[]>;
