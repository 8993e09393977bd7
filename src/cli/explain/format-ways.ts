/** The ways of a packet as text: what all ways share at the beginning and at the end once, between them each way on its own. */
import { count } from "../../counting.ts";
import { PROXY_TABLE } from "../../resources/proxy/definition.ts";
import { formatVerdict, type ServiceVerdict } from "../../installed/verdict.ts";
import type { Step, Way, WayEnd } from "../../installed/way.ts";
import type { Paint } from "../../report/color.ts";
import type { RuleCauses } from "../../installed/rule-causes.ts";

export interface ExplainedPacket {
  /** `pod/client (10.244.0.2) → svc/web:80 (10.96.0.50:80/tcp)`. */
  readonly title: string;
  readonly node: string;
  readonly mode: string;
  readonly oracle: ServiceVerdict;
  readonly ways: readonly Way[];
  readonly unread: readonly string[];
  readonly affinitySeconds?: number | undefined;
  /** `10.244.1.2:80` → `pod/web-0 on node2`. */
  readonly nameOf: (endpoint: string) => string;
  /** `10.244.1.2:80` → how the pod network carries it there; empty where it does not. */
  readonly carriedTo: (endpoint: string) => string;
  readonly causes: RuleCauses;
}

/** Ways beyond these are counted only. */
const SHOWN = 16;

function sameStep(a: Step, b: Step): boolean {
  return a.table === b.table && a.chain === b.chain && a.index === b.index && a.effect === b.effect;
}

/** A jump into a chain where nothing matched has changed nothing: it is left out. */
function withoutIdleJumps(way: Way): Way {
  const steps = way.steps.filter((step, i) => {
    const [kind, target] = step.effect.split(" ");
    const next = way.steps[i + 1];
    return kind !== "jump" || (next?.table === step.table && next.chain === target);
  });
  return { ...way, steps };
}

/** How many steps all ways share from their beginning. */
function commonSteps(ways: readonly (readonly Step[])[]): number {
  const [first = []] = ways;
  const differs = first.findIndex((step, i) =>
    ways.some((steps) => steps[i] === undefined || !sameStep(steps[i], step)),
  );
  return differs < 0 ? first.length : differs;
}

function formatStep(step: Step, causes: RuleCauses, color: Paint, indent: string): string {
  const unit = step.table === PROXY_TABLE ? "connection" : "packet";
  const seen = step.packets === undefined ? "" : color.gray(` (${count(step.packets, unit)} so far)`);
  return (
    `${indent}${color.cyan(`${step.table} ${step.chain}:`)} ${step.rule}${seen}\n` +
    `${indent}  ${color.bold(`⇒ ${step.effect}`)}  ${color.gray(`← ${causes(step)}`)}\n`
  );
}

function formatEnd({ end, steps }: Way, nameOf: ExplainedPacket["nameOf"]): string {
  switch (end.kind) {
    case "endpoint": {
      const name = nameOf(end.endpoint);
      return `${end.endpoint}${name === "" ? "" : ` (${name})`}, ${sourceText(end, steps)}`;
    }
    case "reject":
      return "refused: ICMP port unreachable, a TCP client sees connection refused";
    case "drop":
      return "dropped without an answer";
    case "accept":
      return "let in";
    case "close":
      return "accepted by the proxy, which has no endpoint for it: the connection is reset";
    case "none":
      return "left alone: no rule of kube-proxy changes where it goes";
  }
}

/** Not only kube-proxy masquerades: the network plugin does where a pod's packet leaves the pod network. */
function sourceText(end: Extract<WayEnd, { kind: "endpoint" }>, steps: readonly Step[]): string {
  if (end.masquerade) return "source replaced by the node's";
  const masked = steps.some(({ effect }) => effect === "masquerade");
  return masked ? "source replaced by the node's: the endpoint is outside the pod network" : "source kept";
}

/** Ends with a newline. */
export function formatPacket(packet: ExplainedPacket, color: Paint): string {
  const { ways, causes, nameOf } = packet;
  const carried = ({ end: last }: Way, indent: string): string => {
    const text = last.kind === "endpoint" ? packet.carriedTo(last.endpoint) : "";
    return text === "" ? "" : `${indent}${color.gray(text)}\n`;
  };
  const out = [
    `${color.bold(packet.title)}\n`,
    `  decided on ${packet.node}, mode ${packet.mode}${packet.mode === "nftables" ? " (its rules, like upstream's, have no counters)" : ""}\n`,
    `  Kubernetes: ${formatVerdict(packet.oracle)}\n\n`,
  ];
  const shown = ways.map(withoutIdleJumps);
  const all = shown.map((way) => way.steps);
  const begin = commonSteps(all);
  const end = shown.length < 2 ? 0 : commonSteps(all.map((steps) => steps.slice(begin).toReversed()));
  for (const step of all[0]?.slice(0, begin) ?? []) out.push(formatStep(step, causes, color, "  "));
  const [only, second] = shown;
  if (only !== undefined && second === undefined)
    out.push(`  ${color.green(`■ ${formatEnd(only, nameOf)}`)}\n`, carried(only, "    "));
  else {
    for (const way of shown.slice(0, SHOWN)) {
      out.push(
        `  ${color.green(`■ ${(way.probability * 100).toFixed(1)} %: ${formatEnd(way, nameOf)}`)}\n`,
        carried(way, "      "),
      );
      for (const step of way.steps.slice(begin, way.steps.length - end))
        out.push(formatStep(step, causes, color, "      "));
    }
    if (shown.length > SHOWN) out.push(`  and ${shown.length - SHOWN} more ways (--json has all)\n`);
    if (end > 0) out.push(`  ${color.green("then in any case")}\n`);
    for (const step of all[0]?.slice(-end || Infinity) ?? []) out.push(formatStep(step, causes, color, "  "));
  }
  if (packet.affinitySeconds !== undefined)
    out.push(
      `  this applies to a new client; one that connected within the last ${packet.affinitySeconds} s keeps its endpoint\n`,
    );
  for (const rule of packet.unread) out.push(`  ${color.yellow(`not understood, assumed not to match: ${rule}`)}\n`);
  return out.join("");
}
